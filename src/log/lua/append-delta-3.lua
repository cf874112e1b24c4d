-- Appends to the text of an open step, or to its reasoning. Stands alone: it is called for every batch of tokens.
-- It does not ask for the server's life: on a server that fell back it can only lengthen what the same attempt has said.
-- KEYS meta text-or-reasoning channel
-- ARGV step attempt offset units ttl field('n' text | 'm' reasoning) notice('D' | 'T'; sealed: 'd' | 't') piece
--      | of a piece that is a row of tokens: field('k' | 'l') tokens most-tokens units-for-one-more
-- Returns {'ok'} | {'offset', n} | {'closed'} | {'fenced', attempt} | {'lost'}
local step, attempt, offset, units = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local ttl, field, notice, piece = ARGV[5], ARGV[6] .. ':' .. step, ARGV[7], ARGV[8]
local counted = ARGV[9] and ARGV[9] .. ':' .. step
local have = counted and redis.call('HMGET', KEYS[1], 'e', 'a:' .. step, field, counted)
  or redis.call('HMGET', KEYS[1], 'e', 'a:' .. step, field)
if not have[1] then return { 'lost' } end
if not have[2] or tonumber(have[2]) < attempt then return { 'closed' } end
if tonumber(have[2]) > attempt then return { 'fenced', have[2] } end
local length, tokens = tonumber(have[3]), counted and tonumber(have[4] or 0)
if offset + units <= length then return { 'ok' } end
-- The whole text once more, which is fewer tokens, takes the place of what is there.
local many = counted and tokens > ARGV[11] + length / ARGV[12]
local anew = many and offset == 0
if offset ~= length and not anew then return { 'offset', length } end
if many and not anew then return { 'offset', 0 } end
-- First of all: a full Redis refuses it, but nothing after a script's first write.
local bytes = #piece
if anew then redis.call('SET', KEYS[2], piece) else bytes = redis.call('APPEND', KEYS[2], piece) end
if length > 0 and not anew and bytes == #piece then -- the text had gone without its step: from the start again
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], field, 0)
  if counted then redis.call('HSET', KEYS[1], counted, 0) end
  return { 'offset', 0 }
end
redis.call('PEXPIRE', KEYS[2], ttl)
if counted then
  redis.call('HSET', KEYS[1], field, offset + units, counted, (anew and 0 or tokens) + ARGV[10])
else
  redis.call('HINCRBY', KEYS[1], field, units)
end
redis.call('SPUBLISH', KEYS[3], notice .. ' ' .. have[1] .. ' ' .. step .. ' ' .. attempt .. ' ' .. offset .. ' ' .. piece)
return { 'ok' }
