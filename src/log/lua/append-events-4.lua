-- Appends facts that no step carries.
-- KEYS meta log ids channel
-- ARGV epoch seq ttl cap marker | create('1'|'') new-epoch info | drafts
-- Returns {'ok', position, placed, ends} | {'lost'} | {'behind'}
local meta, log, ids, channel = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local next = unpack_from(1)
local ttl, cap, marker, wrong = open_log(meta, log, ids, next)
if wrong then return { wrong } end

local placed, ends = append(meta, log, ids, channel, next, marker)
touch(meta, log, ids, ttl)
trim(meta, log, ids, cap)
return { 'ok', position(meta), placed, ends }
