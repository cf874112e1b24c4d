-- Reserves tokens and cost of a tenant for a model call, if the day's limits have room for them.
-- KEYS day reserved
-- ARGV call tokens cost ttl most-tokens most-cost (-1: no limit) known-day known-tokens known-cost
-- day (hash): day (since the Unix epoch, UTC), tokens, cost (micros). known: what the caller has been told, of which Redis may have lost some
-- reserved (hash): call -> '<ms since the Unix epoch until which it counts> <tokens> <cost>'
-- Returns {1 | 0: no room, day, used tokens, used cost, reserved tokens, reserved cost, ms until the next day}
local tokens, cost, ttl = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local most_tokens, most_cost = tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local day = math.floor(now / 86400000)
local state = redis.call('HMGET', KEYS[1], 'day', 'tokens', 'cost')
local used_tokens, used_cost = 0, 0
if tonumber(state[1]) == day then used_tokens, used_cost = tonumber(state[2]), tonumber(state[3]) end
if tonumber(ARGV[7]) == day then
  used_tokens, used_cost = math.max(used_tokens, tonumber(ARGV[8])), math.max(used_cost, tonumber(ARGV[9]))
end
redis.call('HSET', KEYS[1], 'day', day, 'tokens', string.format('%d', used_tokens), 'cost', string.format('%d', used_cost))
redis.call('PEXPIRE', KEYS[1], 172800000)
local calls, reserved_tokens, reserved_cost = redis.call('HGETALL', KEYS[2]), 0, 0
for index = 1, #calls, 2 do
  local till, size, price = string.match(calls[index + 1], '^(%d+) (%d+) (%d+)$')
  if tonumber(till) <= now then
    redis.call('HDEL', KEYS[2], calls[index])
  elseif calls[index] ~= ARGV[1] then
    reserved_tokens, reserved_cost = reserved_tokens + tonumber(size), reserved_cost + tonumber(price)
  end
end
-- Whoever comes alone may use what is left, however much that will be: an estimate is not to keep the rest of a limit from being used.
local function fits(used, reserved, wanted, most)
  return most < 0 or (used + reserved < most and (reserved == 0 or used + reserved + wanted <= most))
end
local allowed = fits(used_tokens, reserved_tokens, tokens, most_tokens) and fits(used_cost, reserved_cost, cost, most_cost)
if allowed then
  redis.call('HSET', KEYS[2], ARGV[1], string.format('%d %d %d', now + ttl, tokens, cost))
  if redis.call('PTTL', KEYS[2]) < ttl then redis.call('PEXPIRE', KEYS[2], ttl) end
end
return { allowed and 1 or 0, day, used_tokens, used_cost, reserved_tokens, reserved_cost, (day + 1) * 86400000 - now }
