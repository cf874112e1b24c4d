-- What workers have told of waiting turns, and how much all gateways are asked.
-- KEYS waits asked (hash: gateway -> '<ms since the Unix epoch until which it counts> <messages a second>')
-- ARGV gateway ttl messages-a-second
-- Returns {messages a second of all gateways, what each worker has told}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[2], ARGV[1], string.format('%d', now + ARGV[2]) .. ' ' .. ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
local asked, found = 0, {}
local gateways = redis.call('HGETALL', KEYS[2])
for i = 1, #gateways, 2 do
  local till, rate = string.match(gateways[i + 1], '^(%d+) (.*)$')
  if tonumber(till) < now then redis.call('HDEL', KEYS[2], gateways[i]) else asked = asked + tonumber(rate) end
end
for _, told in ipairs(redis.call('HVALS', KEYS[1])) do
  local till, json = string.match(told, '^(%d+) (.*)$')
  if tonumber(till) >= now then table.insert(found, json) end
end
table.insert(found, 1, tostring(asked))
return found
