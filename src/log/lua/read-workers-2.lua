-- What workers have told of themselves. KEYS: see announce-worker-2. ARGV: ttl (ms), at most so many.
-- Returns {ms ago, what it tells, …}, who has told last first.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local told = redis.call('ZREVRANGEBYSCORE', KEYS[2], '+inf', now - ARGV[1], 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local found = {}
for i = 1, #told, 2 do
  local worker = redis.call('HGET', KEYS[1], told[i])
  if worker then
    found[#found + 1] = now - tonumber(told[i + 1])
    found[#found + 1] = worker
  end
end
return found
