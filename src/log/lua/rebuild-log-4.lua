-- Replaces the log by a new epoch, unless somebody else has done so.
-- KEYS meta log ids channel
-- ARGV expected-epoch(0 for none) expected-seq ttl cap epoch info | count, then seq, id, json for each event
-- Returns position
local meta, log, ids, channel = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local next = unpack_from(1)
local expected_epoch, expected_seq, ttl, cap = tonumber(next()), tonumber(next()), next(), tonumber(next())
local epoch, info = tonumber(next()), next()

local have = whole(meta, log, ids)
if have and compare(have, expected_epoch, expected_seq) > 0 then return have end
local opened = create(meta, log, ids, math.max(epoch, expected_epoch + 1), info)
for index = 1, tonumber(next()) do
  local seq, id, json = tonumber(next()), next(), next()
  put(meta, log, ids, seq, id, json)
  if index == 1 then redis.call('HSET', meta, 'f', seq) end
  redis.call('HSET', meta, 's', seq)
end
touch(meta, log, ids, ttl)
trim(meta, log, ids, cap)
redis.call('SPUBLISH', channel, 'R ' .. opened)
return position(meta)
