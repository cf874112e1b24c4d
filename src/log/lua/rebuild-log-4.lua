-- Replaces the log by a new epoch, unless somebody else has done so.
-- KEYS meta log ids channel
-- ARGV expected-epoch('' for none) expected-seq ttl epoch info | count, then seq, id, json for each event
-- Returns position
local meta, log, ids, channel = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local next = unpack_from(1)
local expected_epoch, expected_seq, ttl = next(), tonumber(next()), next()
local epoch, info = tonumber(next()), next()

local have = position(meta)
if have[1] then
  if have[1] ~= expected_epoch or tonumber(have[2]) > expected_seq then return have end
  epoch = math.max(epoch, tonumber(have[1]) + 1)
  for _, field in ipairs(redis.call('HKEYS', meta)) do
    local step = string.match(field, '^a:(.+)$')
    if step then close_step(meta, step) end
  end
end
create(meta, log, ids, string.format('%d', epoch), info)
for index = 1, tonumber(next()) do
  local seq, id, json = tonumber(next()), next(), next()
  put(meta, log, ids, seq, id, json)
  if index == 1 then redis.call('HSET', meta, 'f', seq) end
  redis.call('HSET', meta, 's', seq)
end
touch(meta, log, ids, ttl)
redis.call('SPUBLISH', channel, 'R ' .. string.format('%d', epoch))
return position(meta)
