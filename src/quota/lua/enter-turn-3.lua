-- Gives a turn one of the places of its tenant; if there is none for it, a place in the line of turns that wait, which are served in their order.
-- KEYS running line due. ARGV turn most since lease-ms forget-ms line-most
-- running (sorted set): turn by ms since the Unix epoch until which its place is kept. line (sorted set): turn by when it began to wait, ms.
-- due (sorted set): the turns in the line, by when they are forgotten unless they ask again
-- since: when the turn began to wait, as it was told; 0: it was not
-- Returns {1 | 0: it waits, turns that run, since (0: it has not waited), turns in the line} and, if it waits, {place in the line, ms it has waited}
local running, line, due, turn = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', running, '-inf', now)
for _, late in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now)) do
  redis.call('ZREM', due, late)
  if late ~= turn then redis.call('ZREM', line, late) end
end
local since = tonumber(redis.call('ZSCORE', line, turn) or ARGV[3])
local seat = since == 0 and now or since
redis.call('ZADD', line, seat, turn)
local ahead, used = redis.call('ZRANK', line, turn), redis.call('ZCARD', running)
local mine = redis.call('ZSCORE', running, turn)
if mine or ahead < tonumber(ARGV[2]) - used then
  redis.call('ZADD', running, now + ARGV[4], turn)
  redis.call('PEXPIRE', running, ARGV[4])
  redis.call('ZREM', line, turn)
  redis.call('ZREM', due, turn)
  return { 1, mine and used or used + 1, since, redis.call('ZCARD', line) }
end
if ahead < tonumber(ARGV[6]) then
  redis.call('ZADD', due, now + ARGV[5], turn)
else
  redis.call('ZREM', line, turn)
end
redis.call('PEXPIRE', line, ARGV[5])
redis.call('PEXPIRE', due, ARGV[5])
return { 0, used, seat, redis.call('ZCARD', line), ahead + 1, now - seat }
