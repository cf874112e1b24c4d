-- Keeps the places of turns that run, also those that Redis has forgotten or had not been told of. KEYS running. ARGV lease-ms turn… See enter-turn.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for index = 2, #ARGV do redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[index]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.status_reply('OK')
