-- Gives a session that is about to be opened a place, if its tenant has one left. Sent again, it changes nothing.
-- KEYS opened (sorted set: session by when it got its place, ms since the Unix epoch)
-- ARGV session, cut, counted (sessions that are open, without those that got a place after the cut), most, kept-ms
-- Returns {1 | 0: no place, 1: it had a place already, sessions that have a place, before}
local opened, session, cut = KEYS[1], ARGV[1], '(' .. ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', opened, '-inf', now - ARGV[5])
local had = redis.call('ZSCORE', opened, session)
local used = ARGV[3] + redis.call('ZCOUNT', opened, cut, '+inf')
if had and tonumber(had) > tonumber(ARGV[2]) then used = used - 1 end
if used >= tonumber(ARGV[4]) then return { 0, 0, used } end
redis.call('ZADD', opened, now, session)
redis.call('PEXPIRE', opened, ARGV[5])
return { 1, had and 1 or 0, used }
