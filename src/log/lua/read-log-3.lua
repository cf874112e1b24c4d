-- Reads the log in one consistent piece.
-- KEYS meta log ids
-- ARGV after('' for the newest) limit
-- Returns {} | {position, first, info, events(flat seq, json), open(flat step, attempt, text)}
if not whole(KEYS[1], KEYS[2], KEYS[3]) then return {} end
local have = redis.call('HGETALL', KEYS[1])
local meta, open = {}, {}
for index = 1, #have, 2 do
  meta[have[index]] = have[index + 1]
  local step = string.match(have[index], '^a:(.*)$')
  if step then
    open[#open + 1] = step
    open[#open + 1] = have[index + 1]
    open[#open + 1] = redis.call('GET', text_key(KEYS[1], step)) or ''
  end
end
local events = {}
local add = function(entry)
  events[#events + 1] = string.match(entry[1], '^%d+')
  events[#events + 1] = entry[2][4]
end
if ARGV[1] == '' then
  local newest = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', ARGV[2]) or {} -- for COUNT 0 Redis answers nil
  for index = #newest, 1, -1 do add(newest[index]) end
else
  for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2]) or {}) do add(entry) end
end
return { { meta.e, meta.s }, meta.f, meta.i, events, open }
