-- Appends to the text of an open step, or to its reasoning. Stands alone: it is called for every batch of tokens.
-- It does not ask for the server's life: on a server that fell back it can only lengthen what the same attempt has said.
-- KEYS meta text-or-reasoning channel
-- ARGV step attempt offset units ttl field('n' text | 'm' reasoning) notice('D' | 'T') piece
-- Returns {'ok'} | {'offset', n} | {'closed'} | {'fenced', attempt} | {'lost'}
local step, attempt, offset, units = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local ttl, field, notice, piece = ARGV[5], ARGV[6] .. ':' .. step, ARGV[7], ARGV[8]
local have = redis.call('HMGET', KEYS[1], 'e', 'a:' .. step, field)
if not have[1] then return { 'lost' } end
if not have[2] or tonumber(have[2]) < attempt then return { 'closed' } end
if tonumber(have[2]) > attempt then return { 'fenced', have[2] } end
local length = tonumber(have[3])
if offset + units <= length then return { 'ok' } end
if offset ~= length then return { 'offset', length } end
-- First of all: a full Redis refuses it, but nothing after a script's first write.
local bytes = redis.call('APPEND', KEYS[2], piece)
if length > 0 and bytes == #piece then -- the text had gone without its step: from the start again
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], field, 0)
  return { 'offset', 0 }
end
redis.call('PEXPIRE', KEYS[2], ttl)
redis.call('HINCRBY', KEYS[1], field, units)
redis.call('SPUBLISH', KEYS[3], notice .. ' ' .. have[1] .. ' ' .. step .. ' ' .. attempt .. ' ' .. offset .. ' ' .. piece)
return { 'ok' }
