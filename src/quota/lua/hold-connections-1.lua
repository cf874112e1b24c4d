-- Says how many connections of a tenant a gateway has, if all gateways together have room for them.
-- KEYS connections. ARGV gateway count most ttl (most -1: whether there is room or not)
-- connections (hash): gateway -> '<count> <ms since the Unix epoch until which it counts>'
-- Returns {1 | 0: no room, connections at the other gateways}
local key, gateway, count, most = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held, others = redis.call('HGETALL', key), 0
for index = 1, #held, 2 do
  local size, till = string.match(held[index + 1], '^(%d+) (%d+)$')
  if tonumber(till) <= now then
    redis.call('HDEL', key, held[index])
  elseif held[index] ~= gateway then
    others = others + tonumber(size)
  end
end
if most >= 0 and others + count > most then return { 0, others } end
if count == 0 then
  redis.call('HDEL', key, gateway)
else
  redis.call('HSET', key, gateway, string.format('%d %d', count, now + ARGV[4]))
  redis.call('PEXPIRE', key, ARGV[4])
end
return { 1, others }
