-- Opens an attempt of a step.
-- KEYS meta log ids channel inbox
-- ARGV texts reasonings | ttl cap epoch seq create('1'|'') new-epoch info | start (JSON) turn-end owner order at-least
--      | restart-id restart-json (both without the attempt, the JSON also without the id) | since-epoch since-seq | drafts | release
-- Returns {'begun', position, attempt, placed, restarted{seq,json}|{}, info|'', fresh} | {'ended', position, placed, ends}
--       | {'fenced', attempt} | {'lost'} | {'behind'}
local ttl, cap, wrong = open_log()
if wrong then return { wrong } end

local start, turn_end, owner, order, at_least = cjson.decode(take()), take(), take(), take(), tonumber(take())
local restart_id, restart_json = take(), take()
local since_epoch, since_seq = take(), take()
local step = start.step

local open = redis.call('HMGET', meta, 'a:' .. step, 'o:' .. step, 'w:' .. step)
if open[3] and tonumber(order) > 0 and tonumber(order) < tonumber(open[3]) then return { 'fenced', open[1] } end

local ends = ended(start.ends, turn_end)
local over = #ends > 0
local placed = append(nil, over and redis.call('HEXISTS', ids, start.ends) == 0)
local attempt = tonumber(open[1] or 0)
if not over and open[2] ~= owner then
  local before = attempt
  attempt = math.max(before + 1, at_least)
  open_step(start)
  if before > 0 then
    local id = restart_id .. attempt
    add(id, '{"id":' .. cjson.encode(id) .. ',"attempt":' .. attempt .. ',' .. string.sub(restart_json, 2))
  end
  redis.call('HSET', meta, 'a:' .. step, attempt, 'o:' .. step, owner, 'w:' .. step, order, 'n:' .. step, 0, 'm:' .. step, 0)
  redis.call('DEL', texts .. step, reasonings .. step)
  if before > 0 then redis.call('HDEL', meta, 'k:' .. step, 'l:' .. step) end
end
release()
touch(ttl)
trim(cap)
if over then return { 'ended', position(), placed, ends } end
redis.call('PEXPIRE', texts .. step, ttl)
redis.call('PEXPIRE', reasonings .. step, ttl)

-- Also when the same call comes again: the restart that the first one appended.
local restarted = ended(restart_id .. attempt)
local now = position()
local from = now[1] == since_epoch and since_seq or '0'
local fresh = {}
for _, entry in ipairs(redis.call('XRANGE', log, '(' .. from .. '-0', '+')) do
  fresh[#fresh + 1] = string.match(entry[1], '^%d+')
  fresh[#fresh + 1] = entry[2][4]
end
local told = now[1] == since_epoch and '' or redis.call('HGET', meta, 'i')
return { 'begun', now, attempt, placed, restarted, told, fresh }
