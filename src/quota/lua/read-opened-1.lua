-- Sessions that got a place a moment ago, the newest first. KEYS opened: see take-place. ARGV moment-ms most
-- Returns {cut: all that got their places later follow, as do none that got theirs earlier, sessions…}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local cut = now - ARGV[1]
local found = redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', '(' .. string.format('%d', cut), 'WITHSCORES', 'LIMIT', 0, ARGV[2] + 1)
if #found > 2 * ARGV[2] then
  -- The oldest of them are left to whoever counts those that were opened before.
  cut = tonumber(found[#found])
end
local reply = { string.format('%d', cut) }
for index = 1, #found, 2 do
  if tonumber(found[index + 1]) > cut then table.insert(reply, found[index]) end
end
return reply
