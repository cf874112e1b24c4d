-- Returns to the buckets what a message has taken: it was refused after all. See take-message.
-- KEYS counted bucket bucket bucket bucket
local taken = redis.call('GET', KEYS[1])
if not taken then return redis.status_reply('OK') end
redis.call('DEL', KEYS[1])
local index = 2
for cost in string.gmatch(taken, '%S+') do
  local full = tonumber(cost) > 0 and redis.call('GET', KEYS[index])
  if full then redis.call('SET', KEYS[index], string.format('%.3f', tonumber(full) - cost), 'KEEPTTL') end
  index = index + 1
end
return redis.status_reply('OK')
