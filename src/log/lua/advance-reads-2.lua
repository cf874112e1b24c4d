-- Moves read positions forward, never back, and tells the followers of those that have moved.
-- KEYS reads channel. ARGV ttl most then subject seq, for each. reads (hash): subject -> seq
local reads, moved = KEYS[1], {}
for index = 3, #ARGV, 2 do
  local subject, seq = ARGV[index], ARGV[index + 1]
  local old = redis.call('HGET', reads, subject)
  local fits = old and tonumber(old) < tonumber(seq) or not old and redis.call('HLEN', reads) < tonumber(ARGV[2])
  if fits then
    redis.call('HSET', reads, subject, seq)
    moved[#moved + 1] = cjson.encode(subject) .. ':' .. seq
  end
end
if #moved == 0 then return 0 end
redis.call('PEXPIRE', reads, ARGV[1])
redis.call('SPUBLISH', KEYS[2], 'N {"kind":"read","reads":{' .. table.concat(moved, ',') .. '}}')
return #moved
