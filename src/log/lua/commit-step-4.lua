-- Ends a step; first writer wins.
-- KEYS meta log ids channel
-- ARGV epoch seq ttl cap marker | step turn attempt | drafts
-- Returns {'ended', position, placed, ends} | {'closed'} | {'fenced', attempt} | {'lost'} | {'behind'}
local meta, log, ids, channel = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local next = unpack_from(1)
local epoch, seq, ttl, cap, marker = next(), next(), next(), tonumber(next()), next()
local step, turn, attempt = next(), next(), tonumber(next())

local wrong = incomplete(meta, log, ids, epoch, seq)
if wrong then return { wrong } end
local before = ended(log, ids, step, turn)
if before then return { 'ended', position(meta), {}, before } end
local open = tonumber(redis.call('HGET', meta, 'a:' .. step) or 0)
if open < attempt then return { 'closed' } end
if open > attempt then return { 'fenced', open } end

local _, ends = append(meta, log, ids, channel, next, marker)
touch(meta, log, ids, ttl)
trim(meta, log, ids, cap)
return { 'ended', position(meta), {}, ends }
