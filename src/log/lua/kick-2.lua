-- Tells the followers that a subject is removed, and keeps that for as long as it may not come back.
-- KEYS kicks channel. ARGV subject for-ms most note. kicks (sorted set): subject by ms since the Unix epoch until which it counts
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local ms = tonumber(ARGV[2])
if ms > 0 then
  local left = redis.call('PTTL', KEYS[1])
  redis.call('ZADD', KEYS[1], 'GT', now + ms, ARGV[1])
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[3])
  redis.call('PEXPIRE', KEYS[1], math.max(left, ms))
end
redis.call('SPUBLISH', KEYS[2], 'N ' .. ARGV[4])
return redis.status_reply('OK')
