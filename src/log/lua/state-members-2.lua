-- States all members that a gateway has in a session: puts in those that are missing, takes out its others, and, if that changes anything,
-- tells the followers to read the list again.
-- KEYS present channel
-- ARGV gateway ttl told('1': whatever changes) then field member, for each
-- present (hash): see change-member
local present, prefix, told = KEYS[1], ARGV[1] .. ':', ARGV[3] == '1'
local stated = {}
for index = 4, #ARGV, 2 do stated[ARGV[index]] = true end
for _, field in ipairs(redis.call('HKEYS', present)) do
  if string.sub(field, 1, #prefix) == prefix and not stated[field] then
    redis.call('HDEL', present, field)
    told = true
  end
end
for index = 4, #ARGV, 2 do
  if redis.call('HGET', present, ARGV[index]) ~= ARGV[index + 1] then
    redis.call('HSET', present, ARGV[index], ARGV[index + 1])
    told = true
  end
end
if told then
  if redis.call('HEXISTS', present, '#') == 0 then
    local time = redis.call('TIME')
    redis.call('HSET', present, '#', string.format('%d%06d', time[1], time[2]))
  end
  local revision = string.format('%.0f', redis.call('HINCRBY', present, '#', 1))
  redis.call('SPUBLISH', KEYS[2], 'N {"kind":"present","revision":' .. revision .. '}')
end
redis.call('PEXPIRE', present, ARGV[2])
return redis.status_reply('OK')
