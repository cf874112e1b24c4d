-- Keeps what a worker has to tell of waiting turns; forgets what others have not told again.
-- KEYS waits (hash: worker -> '<ms since the Unix epoch until which it counts> <JSON>'). ARGV worker ttl json ('': nobody waits)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local told = redis.call('HGETALL', KEYS[1])
for i = 1, #told, 2 do
  if tonumber(string.match(told[i + 1], '^%d+')) < now then redis.call('HDEL', KEYS[1], told[i]) end
end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%d', now + ARGV[2]) .. ' ' .. ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return redis.status_reply('OK')
