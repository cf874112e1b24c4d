-- Replaces the log by a new epoch, unless somebody else has done so.
-- KEYS meta log ids channel inbox
-- ARGV texts reasonings | expected-epoch(0 for none) expected-seq ttl cap epoch info
--      | count, then seq, id, json of each event | count, then the start (JSON) of each open step
--      | inbox-ttl, count, then id and bytes of each message that waits
-- Returns position
local expected_epoch, expected_seq, ttl, cap = tonumber(take()), tonumber(take()), take(), tonumber(take())
local epoch, info = tonumber(take()), take()

local have = whole()
if have and compare(have, expected_epoch, expected_seq) > 0 then return have end
local opened = create(math.max(epoch, expected_epoch + 1), info)
if not opened then return { '0', '0' } end -- erased
for index = 1, tonumber(take()) do
  local seq, id, json = tonumber(take()), take(), take()
  put(seq, id, json)
  if index == 1 then redis.call('HSET', meta, 'f', seq) end
  redis.call('HSET', meta, 's', seq)
end
for _ = 1, tonumber(take()) do open_step(cjson.decode(take())) end
local inbox_ttl = tonumber(take())
local time = redis.call('TIME')
local till = time[1] * 1000 + math.floor(time[2] / 1000) + inbox_ttl
for _ = 1, tonumber(take()) do
  local message, bytes = take(), tonumber(take())
  redis.call('HSET', inbox, message, string.format('%d %d 1', bytes, till))
end
redis.call('PEXPIRE', inbox, inbox_ttl)
touch(ttl)
trim(cap)
redis.call('SPUBLISH', channel, 'R ' .. opened)
return position()
