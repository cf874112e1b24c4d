-- Who may not come back, and for how many ms. KEYS kicks (sorted set): see kick. Returns {subject, ms, …}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%d', now), '+inf', 'WITHSCORES')
for index = 2, #found, 2 do found[index] = tonumber(found[index]) - now end
return found
