-- Reads the log in one consistent piece.
-- KEYS meta log ids channel inbox
-- ARGV texts reasonings | after('' for the newest) limit bytes(0: any number)
-- Returns {} | {position, first, info, members('' or JSON of an event), events(flat seq, json), open(flat step, turn, agent, attempt, text,
--   reasoning; a row of tokens is a list of one)}
local now = whole()
if not now then return {} end
local after, limit, bytes = take(), take(), tonumber(take())
local fields, steps = everything()
local said = function(key, is_sealed)
  local text = redis.call('GET', key) or ''
  return is_sealed and { text } or text
end
local open = {}
for _, step in ipairs(steps) do
  if fields['a:' .. step] ~= '0' then
    open[#open + 1] = step
    for _, letter in ipairs({ 't', 'g', 'a' }) do open[#open + 1] = fields[letter .. ':' .. step] end
    open[#open + 1] = said(texts .. step, fields['k:' .. step])
    open[#open + 1] = said(reasonings .. step, fields['l:' .. step])
  end
end
local events = {}
local tell = function(entry)
  events[#events + 1] = string.match(entry[1], '^%d+')
  events[#events + 1] = entry[2][4]
end
if after == '' then
  local newest = redis.call('XREVRANGE', log, '+', '-', 'COUNT', limit) or {} -- for COUNT 0 Redis answers nil
  for index = #newest, 1, -1 do tell(newest[index]) end
else
  local sum = 0
  for _, entry in ipairs(redis.call('XRANGE', log, '(' .. after .. '-0', '+', 'COUNT', limit) or {}) do
    if bytes > 0 and sum >= bytes then break end
    sum = sum + #entry[2][4]
    tell(entry)
  end
end
return { now, fields.f, fields.i, fields.r or '', events, open }
