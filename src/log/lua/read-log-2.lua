-- Reads the log in one consistent piece.
-- KEYS meta log
-- ARGV after('' for the newest) limit
-- Returns {} | {position, first, info, events(flat seq, json), open(flat step, attempt, text)}
local have = redis.call('HGETALL', KEYS[1])
if #have == 0 then return {} end
local meta, open = {}, {}
for index = 1, #have, 2 do
  meta[have[index]] = have[index + 1]
  local step = string.match(have[index], '^a:(.+)$')
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
  local newest = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', ARGV[2])
  for index = #newest, 1, -1 do add(newest[index]) end
else
  for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])) do add(entry) end
end
return { { meta.e, meta.s }, meta.f, meta.i, events, open }
