-- Appends facts that no step carries.
-- KEYS meta log ids channel
-- ARGV texts reasonings | ttl cap epoch seq create('1'|'') new-epoch info | closing('' or JSON) | drafts
-- Returns {'ok', position, placed, ends} | {'lost'} | {'behind'}
local ttl, cap, wrong = open_log()
if wrong then return { wrong } end

local closing = take()
local placed, ends = append(closing ~= '' and cjson.decode(closing))
touch(ttl)
trim(cap)
return { 'ok', position(), placed, ends }
