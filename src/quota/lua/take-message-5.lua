-- Takes a message, or an operation, from all of its buckets, or from none (GCRA: a bucket is the moment at which it will be full again).
-- KEYS counted bucket… (of a message four, of an operation two)
-- ARGV ttl, then for each bucket: cost, capacity (both in ms in which as much comes; a cost of 0: there is no such limit)
-- counted (string): what it has taken from each bucket, ms. bucket (string): ms since the Unix epoch
-- Returns {'counted'} | {'taken' | 'refused', ms until each bucket is full, before}
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
if redis.call('PEXPIRE', KEYS[1], ARGV[1]) == 1 then return { 'counted' } end
local missing, costs, allowed = {}, {}, true
for index = 1, #KEYS - 1 do
  local cost, capacity = tonumber(ARGV[2 * index]), tonumber(ARGV[2 * index + 1])
  local full = cost > 0 and tonumber(redis.call('GET', KEYS[index + 1])) or now
  missing[index], costs[index] = math.max(full - now, 0), cost
  -- What costs more than a bucket holds takes a full one, and leaves it in debt.
  if cost > 0 and missing[index] + cost > math.max(capacity, cost) then allowed = false end
end
local reply = { allowed and 'taken' or 'refused' }
for index, ms in ipairs(missing) do
  reply[index + 1] = string.format('%.3f', ms)
  if allowed and costs[index] > 0 then
    local after = ms + costs[index]
    redis.call('SET', KEYS[index + 1], string.format('%.3f', now + after), 'PX', math.ceil(after))
  end
end
if allowed then redis.call('SET', KEYS[1], table.concat(costs, ' '), 'PX', ARGV[1]) end
return reply
