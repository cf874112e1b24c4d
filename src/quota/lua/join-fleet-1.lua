-- Counts a gateway among those that run; forgets those that have not told of themselves for so long.
-- KEYS fleet (sorted set: gateway by ms until which it counts). ARGV gateway ttl alive-ms.
-- Returns how many there are, 1 if this one had not told of itself within alive-ms, and those that have.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local oldest = now + ARGV[2] - ARGV[3]
local before = redis.call('ZSCORE', KEYS[1], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local reply = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%d', oldest), '+inf')
local lapsed = before and tonumber(before) > oldest and 0 or 1
table.insert(reply, 1, lapsed)
table.insert(reply, 1, redis.call('ZCARD', KEYS[1]))
return reply
