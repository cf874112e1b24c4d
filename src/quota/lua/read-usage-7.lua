-- How the limits of a tenant stand. KEYS messages bytes connections day reserved turns operations: see the scripts that write them.
-- Returns {ms until messages are full, the same of bytes, connections, tokens, cost, both with what is reserved, ms until the next day, turns that run,
-- ms until operations are full}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function until_full(key)
  return math.ceil(math.max((tonumber(redis.call('GET', key) or now)) - now, 0))
end
local connections = 0
for _, held in ipairs(redis.call('HVALS', KEYS[3])) do
  local count, till = string.match(held, '^(%d+) (%d+)$')
  if tonumber(till) > now then connections = connections + tonumber(count) end
end
local day = math.floor(now / 86400000)
local state = redis.call('HMGET', KEYS[4], 'day', 'tokens', 'cost')
local tokens, cost = 0, 0
if tonumber(state[1]) == day then tokens, cost = tonumber(state[2]), tonumber(state[3]) end
for _, reserved in ipairs(redis.call('HVALS', KEYS[5])) do
  local till, size, price = string.match(reserved, '^(%d+) (%d+) (%d+)$')
  if tonumber(till) > now then tokens, cost = tokens + tonumber(size), cost + tonumber(price) end
end
local turns = redis.call('ZCOUNT', KEYS[6], '(' .. string.format('%d', now), '+inf')
return { until_full(KEYS[1]), until_full(KEYS[2]), connections, tokens, cost, (day + 1) * 86400000 - now, turns, until_full(KEYS[7]) }
