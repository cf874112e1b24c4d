-- Erases all that is kept of a session, and keeps a log from being made of it again by whoever has read it before.
-- KEYS meta log ids channel inbox
-- ARGV texts reasonings | ms for which it cannot be made
-- Returns how many events, keys and open steps there were
local ms = take()
local fields, steps = everything()
local events = redis.call('XLEN', log)
local keys = redis.call('EXISTS', meta, log, ids, inbox)
if fields['gone'] then keys = keys - 1 end
for _, step in ipairs(steps) do
  keys = keys + redis.call('DEL', texts .. step, reasonings .. step)
end
redis.call('DEL', meta, log, ids, inbox)
redis.call('HSET', meta, 'gone', 1)
redis.call('PEXPIRE', meta, ms)
-- Whoever follows it looks, and finds nothing.
redis.call('SPUBLISH', channel, 'R ' .. string.format('%d', tonumber(fields['e'] or 0) + 1))
return { events, keys, #steps }
