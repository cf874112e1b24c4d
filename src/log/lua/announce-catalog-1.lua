-- Keeps what a worker has to tell for some time; forgets what nobody has told again.
-- KEYS: the catalogs. ARGV: the catalog's hash, how long it is kept (ms), the catalog.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kept = redis.call('HGETALL', KEYS[1])
for i = 1, #kept, 2 do
  if tonumber(string.match(kept[i + 1], '^%d+')) < now then redis.call('HDEL', KEYS[1], kept[i]) end
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d', now + ARGV[2]) .. ' ' .. ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.status_reply('OK')
