-- Appends text to an open step.
-- KEYS meta text channel
-- ARGV step attempt offset units ttl text
-- Returns {'ok'} | {'offset', n} | {'closed'} | {'fenced', attempt} | {'lost'}
local step, attempt, offset, units = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local have = redis.call('HMGET', KEYS[1], 'e', 'a:' .. step, 'n:' .. step)
if not have[1] then return { 'lost' } end
if not have[2] or tonumber(have[2]) < attempt then return { 'closed' } end
if tonumber(have[2]) > attempt then return { 'fenced', have[2] } end
local length = tonumber(have[3])
if offset + units <= length then return { 'ok' } end
if offset ~= length then return { 'offset', length } end
-- First of all: a full Redis refuses it, but nothing after a script's first write.
local bytes = redis.call('APPEND', KEYS[2], ARGV[6])
if length > 0 and bytes == #ARGV[6] then -- the text had gone without its step: from the start again
  redis.call('SET', KEYS[2], '', 'PX', ARGV[5])
  redis.call('HSET', KEYS[1], 'n:' .. step, 0)
  return { 'offset', 0 }
end
redis.call('PEXPIRE', KEYS[2], ARGV[5])
redis.call('HINCRBY', KEYS[1], 'n:' .. step, units)
redis.call('SPUBLISH', KEYS[3], 'D ' .. have[1] .. ' ' .. step .. ' ' .. attempt .. ' ' .. offset .. ' ' .. ARGV[6])
return { 'ok' }
