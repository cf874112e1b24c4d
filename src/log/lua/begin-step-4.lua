-- Opens an attempt of a step.
-- KEYS meta log ids channel
-- ARGV epoch seq ttl cap marker | create('1'|'') new-epoch info | step turn owner order at-least
--      | restart-id restart-json (both without the attempt, the JSON also without the id) | since-epoch since-seq | drafts
-- Returns {'begun', position, attempt, placed, restarted{seq,json}|{}, info|'', fresh} | {'ended', position, placed, ends}
--       | {'fenced', attempt} | {'lost'} | {'behind'}
local meta, log, ids, channel = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local next = unpack_from(1)
local ttl, cap, marker, wrong = open_log(meta, log, ids, next)
if wrong then return { wrong } end

local step, turn, owner, order, at_least = next(), next(), next(), tonumber(next()), tonumber(next())
local restart_id, restart_json = next(), next()
local since_epoch, since_seq = next(), next()

local open = redis.call('HMGET', meta, 'a:' .. step, 'o:' .. step, 'w:' .. step)
if open[1] and order > 0 and order < tonumber(open[3]) then return { 'fenced', open[1] } end

local ends = ended(log, ids, step, turn)
local placed = append(meta, log, ids, channel, next, marker)
local attempt = tonumber(open[1] or 0)
if not ends and open[2] ~= owner then
  attempt = math.max(attempt + 1, at_least, order)
  if open[1] then
    local id = restart_id .. attempt
    local json = '{"id":' .. cjson.encode(id) .. ',"attempt":' .. attempt .. ',' .. string.sub(restart_json, 2)
    local at = redis.call('HINCRBY', meta, 's', 1)
    put(meta, log, ids, at, id, json)
    redis.call('SPUBLISH', channel, 'E ' .. redis.call('HGET', meta, 'e') .. ' ' .. at .. ' ' .. json)
  end
  redis.call('HSET', meta, 'a:' .. step, attempt, 'o:' .. step, owner, 'w:' .. step, order, 'n:' .. step, 0)
  redis.call('SET', text_key(meta, step), '')
end
touch(meta, log, ids, ttl)
trim(meta, log, ids, cap)
if ends then return { 'ended', position(meta), placed, ends } end
redis.call('PEXPIRE', text_key(meta, step), ttl)

-- Also when the same call comes again: the restart that the first one appended.
local restarted = {}
local at = redis.call('HGET', ids, restart_id .. attempt)
if at then restarted = { at, stored(log, at) or '' } end
local now = position(meta)
local from = now[1] == since_epoch and since_seq or '0'
local fresh = {}
for _, entry in ipairs(redis.call('XRANGE', log, '(' .. from .. '-0', '+')) do
  fresh[#fresh + 1] = string.match(entry[1], '^%d+')
  fresh[#fresh + 1] = entry[2][4]
end
local told = now[1] == since_epoch and '' or redis.call('HGET', meta, 'i')
return { 'begun', now, attempt, placed, restarted, told, fresh }
