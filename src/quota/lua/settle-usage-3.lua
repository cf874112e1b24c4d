-- Counts what a model call has used, once, and ends its reservation. See reserve-usage.
-- KEYS day reserved settled. ARGV call tokens cost ttl (for so long it is remembered that the call has been counted)
-- Returns {day, used tokens, used cost}
local time = redis.call('TIME')
local day = math.floor(time[1] / 86400)
local state = redis.call('HMGET', KEYS[1], 'day', 'tokens', 'cost')
local tokens, cost = 0, 0
if tonumber(state[1]) == day then tokens, cost = tonumber(state[2]), tonumber(state[3]) end
redis.call('HDEL', KEYS[2], ARGV[1])
if redis.call('SET', KEYS[3], '', 'NX', 'PX', ARGV[4]) then
  tokens, cost = tokens + ARGV[2], cost + ARGV[3]
  redis.call('HSET', KEYS[1], 'day', day, 'tokens', string.format('%d', tokens), 'cost', string.format('%d', cost))
  redis.call('PEXPIRE', KEYS[1], 172800000)
end
return { day, tokens, cost }
