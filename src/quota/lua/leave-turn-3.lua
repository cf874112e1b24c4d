-- Ends the wait of a turn, or its place. Says which turns in the line are to be called: there is room for them. See enter-turn.
-- KEYS running line due. ARGV turn ('': only look who is to be called) most claim-ms calls-most ran (1: it had a place)
-- A turn that is called and does not come within claim-ms leaves the line, and keeps its turn there: it knows since when it waits.
local running, line, due = KEYS[1], KEYS[2], KEYS[3]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREM', line, ARGV[1])
redis.call('ZREM', due, ARGV[1])
if ARGV[5] == '1' then redis.call('ZREM', running, ARGV[1]) end
redis.call('ZREMRANGEBYSCORE', running, '-inf', now)
for _, late in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now)) do
  redis.call('ZREM', due, late)
  redis.call('ZREM', line, late)
end
local free, called = math.min(ARGV[2] - redis.call('ZCARD', running), tonumber(ARGV[4])), {}
if free <= 0 then return called end
for _, turn in ipairs(redis.call('ZRANGE', line, 0, free - 1)) do
  if tonumber(redis.call('ZSCORE', due, turn) or 0) > now + ARGV[3] then
    redis.call('ZADD', due, now + ARGV[3], turn)
    table.insert(called, turn)
  end
end
return called
