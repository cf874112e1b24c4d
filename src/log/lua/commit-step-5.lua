-- Ends a step; first writer wins.
-- KEYS meta log ids channel inbox
-- ARGV texts reasonings | ttl cap epoch seq '' '' '' | step attempt step-end turn-end | closing('' or JSON) | drafts
-- Returns {'ended', position, placed, ends} | {'closed'} | {'fenced', attempt} | {'lost'} | {'behind'}
local ttl, cap, wrong = open_log()
if wrong then return { wrong } end

local step, attempt, step_end, turn_end = take(), tonumber(take()), take(), take()
local closing = take()
closing = closing ~= '' and cjson.decode(closing)
if redis.call('HEXISTS', ids, step_end) == 1 then
  return { 'ended', position(), {}, closing and ended(step_end, closing.mark, turn_end) or ended(step_end, turn_end) }
end
local open = tonumber(redis.call('HGET', meta, 'a:' .. step) or 0)
if open < attempt then return { 'closed' } end
if open > attempt then return { 'fenced', open } end

local _, ends = append(closing)
touch(ttl)
trim(cap)
return { 'ended', position(), {}, ends }
