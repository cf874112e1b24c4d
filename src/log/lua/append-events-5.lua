-- Appends facts that no step carries.
-- KEYS meta log ids channel inbox
-- ARGV texts reasonings | ttl cap epoch seq create('1'|'') new-epoch info | closing('' or JSON) | drafts | release
-- Returns {'ok', position, placed, ends} | {'lost'} | {'behind'}
local ttl, cap, wrong = open_log()
if wrong then return { wrong } end

local closing = take()
local placed, ends = append(closing ~= '' and cjson.decode(closing))
release()
touch(ttl)
trim(cap)
return { 'ok', position(), placed, ends }
