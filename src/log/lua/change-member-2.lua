-- Puts a member into the list of who is present, or takes it out, and tells the followers.
-- KEYS present channel
-- ARGV field member('': it is gone) most ttl
-- present (hash): '<gateway>:<connection>' -> member; '#' -> revision, which begins at the microseconds since the Unix epoch, so that it
-- also grows when the list was lost
-- Returns {'ok'} | {'same'} | {'full'}
local present, field, member = KEYS[1], ARGV[1], ARGV[2]
local old = redis.call('HGET', present, field)
if old == member or (not old and member == '') then return { 'same' } end
if not old and redis.call('HLEN', present) > tonumber(ARGV[3]) then return { 'full' } end
if redis.call('HEXISTS', present, '#') == 0 then
  local time = redis.call('TIME')
  redis.call('HSET', present, '#', string.format('%d%06d', time[1], time[2]))
end
if member == '' then redis.call('HDEL', present, field) else redis.call('HSET', present, field, member) end
local revision = string.format('%.0f', redis.call('HINCRBY', present, '#', 1))
redis.call('PEXPIRE', present, ARGV[4])
redis.call('SPUBLISH', KEYS[2], 'N {"kind":"present","revision":' .. revision .. ',"field":' .. cjson.encode(field)
  .. ',"member":' .. (member == '' and 'null' or member) .. '}')
return { 'ok' }
