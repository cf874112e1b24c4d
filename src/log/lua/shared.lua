-- Shared by the scripts that read or write a whole session log; put in front of each.
--
-- meta (hash): e epoch | l life of the server's data when the epoch was opened | s highest seq | f lowest seq retained
--   | b bytes of JSON retained | i session info | r JSON of the newest event that changed the members, if one was appended
--   | x steps opened so far | gone: alone, the session was erased; it stays until nobody can write to it any more
--   and for each open step: a:<step> newest attempt (0: it has started, no attempt has begun) | o:<step> owner | w:<step> order
--   | n:<step>, m:<step> length of its text and of its reasoning in UTF-16 units | t:<step> turn | g:<step> agent
--   | z:<step> id of its end | x:<step> its place among the steps opened
-- log (stream): <seq>-0 -> i id, e JSON of the event, and for an end made by closing a turn: c its mark in `ids`
-- ids (hash): event id -> seq; mark of a turn that was closed -> the seqs of the ends that this made
-- inbox (hash): the messages that wait; see admit-message
-- <texts><step>, <reasonings><step> (strings): what an open step has said and reasoned
local meta, log, ids, channel, inbox = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local taken = 0
local take = function()
  taken = taken + 1
  return ARGV[taken]
end

local texts, reasonings = take(), take()

-- Names one life of the server's data: the process, and the history that it replicates, which gets a new name when a
-- replica is promoted. Two servers that hold one log may differ in its newest events; no two have the same life.
-- '' where a server does not tell: then a log is taken for what it says.
local life = function()
  local info = redis.pcall('INFO', 'server', 'replication')
  if type(info) ~= 'string' then return '' end
  local name = ''
  for _, field in ipairs({ '\nrun_id:', '\nmaster_replid:' }) do -- found as plain text: patterns cost more than INFO
    local _, before = string.find(info, field, 1, true)
    local after = before and string.find(info, '\r', before, true)
    if after then name = name .. string.sub(info, before + 1, after - 1) end
  end
  return name
end

-- {epoch, seq} as strings; nil if there is no log, if it is of another life, or if a server that evicts keys has taken
-- a part of it.
local whole = function()
  local have = redis.call('HMGET', meta, 'e', 's', 'l')
  if not have[1] or have[3] ~= life() then return nil end
  if have[2] ~= '0' and redis.call('EXISTS', log, ids) < 2 then return nil end
  return { have[1], have[2] }
end

-- Below 0 if the log's position is before the given one, above 0 if it is after it.
local compare = function(have, epoch, seq)
  local epochs = tonumber(have[1]) - tonumber(epoch)
  if epochs ~= 0 then return epochs end
  return tonumber(have[2]) - tonumber(seq)
end

local position = function()
  return redis.call('HMGET', meta, 'e', 's')
end

-- All fields of meta, and the open steps in the order in which they were opened.
local everything = function()
  local flat = redis.call('HGETALL', meta)
  local fields, steps = {}, {}
  for index = 1, #flat, 2 do
    fields[flat[index]] = flat[index + 1]
    local step = string.match(flat[index], '^a:(.*)$')
    if step then steps[#steps + 1] = step end
  end
  table.sort(steps, function(one, other)
    return tonumber(fields['x:' .. one]) < tonumber(fields['x:' .. other])
  end)
  return fields, steps
end

-- `start`: {step, turn, agent, ends = id of its end}. A step that is open stays as it is; one that has ended is not opened.
local open_step = function(start)
  local step = start.step
  if redis.call('HEXISTS', meta, 'a:' .. step) == 1 or redis.call('HEXISTS', ids, start.ends) == 1 then return end
  local place = redis.call('HINCRBY', meta, 'x', 1)
  redis.call('HSET', meta, 'a:' .. step, 0, 't:' .. step, start.turn, 'g:' .. step, start.agent, 'z:' .. step, start.ends,
    'x:' .. step, place)
end

local close_step = function(step)
  local fields = {}
  for letter in string.gmatch('aownmtgzx', '.') do fields[#fields + 1] = letter .. ':' .. step end
  redis.call('HDEL', meta, unpack(fields))
  redis.call('DEL', texts .. step, reasonings .. step)
end

-- An empty log in an epoch of at least `epoch`, later than any that is there; nil if the session was erased.
local create = function(epoch, info)
  local have = redis.call('HMGET', meta, 'e', 'gone')
  if have[2] then return nil end
  local before = tonumber(have[1] or 0)
  local _, steps = everything()
  for _, step in ipairs(steps) do close_step(step) end
  redis.call('DEL', meta, log, ids)
  epoch = string.format('%d', math.max(tonumber(epoch), before + 1))
  redis.call('HSET', meta, 'e', epoch, 'l', life(), 's', 0, 'f', 1, 'b', 0, 'i', info)
  return epoch
end

-- The opening of every script that states its writer's position. Creates the log where that is allowed.
-- Returns ttl, cap, and why the writer must wait ('lost' | 'behind') or nil.
local open_log = function()
  local ttl, cap, epoch, seq = take(), tonumber(take()), take(), take()
  local may_create, new_epoch, info = take(), take(), take()
  local have = whole()
  if have then return ttl, cap, compare(have, epoch, seq) < 0 and 'behind' or nil end
  if may_create ~= '1' then return ttl, cap, 'lost' end
  if not create(new_epoch, info) then return ttl, cap, 'lost' end
  return ttl, cap, nil
end

-- Gives back the room of messages that wait no longer: a count, then their ids.
local release = function()
  for _ = 1, tonumber(take()) do redis.call('HDEL', inbox, take()) end
end

local touch = function(ttl)
  redis.call('PEXPIRE', meta, ttl)
  redis.call('PEXPIRE', log, ttl)
  redis.call('PEXPIRE', ids, ttl)
end

-- `mark`: a field of `ids` that goes when this event does; nil: none.
local put = function(seq, id, json, mark)
  local entry = { 'i', id, 'e', json }
  if mark then
    entry[5], entry[6] = 'c', mark
  end
  redis.call('XADD', log, string.format('%d-0', seq), unpack(entry))
  redis.call('HSET', ids, id, seq)
  redis.call('HINCRBY', meta, 'b', #json)
end

-- Appends an event and tells followers; returns its seq.
local add = function(id, json, mark)
  local seq = redis.call('HINCRBY', meta, 's', 1)
  put(seq, id, json, mark)
  redis.call('SPUBLISH', channel, 'E ' .. redis.call('HGET', meta, 'e') .. ' ' .. seq .. ' ' .. json)
  return seq
end

-- Drops the oldest events until at most `cap` bytes are left; the newest event always stays.
local trim = function(cap)
  local have = redis.call('HMGET', meta, 'b', 'f', 's')
  local bytes, first, head = tonumber(have[1]), tonumber(have[2]), tonumber(have[3])
  if bytes <= cap then return end
  while bytes > cap and first < head do
    local oldest = redis.call('XRANGE', log, '-', '+', 'COUNT', 16)
    if #oldest == 0 then break end
    for _, entry in ipairs(oldest) do
      if bytes <= cap or first >= head then break end
      bytes = bytes - #entry[2][4]
      redis.call('HDEL', ids, entry[2][2])
      if entry[2][6] then redis.call('HDEL', ids, entry[2][6]) end
      first = first + 1
    end
    redis.call('XTRIM', log, 'MINID', string.format('%d-0', first))
  end
  redis.call('HSET', meta, 'b', bytes, 'f', first)
end

local stored = function(seq)
  local at = string.format('%d-0', seq)
  local found = redis.call('XRANGE', log, at, at)
  return found[1] and found[1][2][4] or ''
end

-- The text as JSON of at most `most` bytes (nil: whole): as much of its beginning as fits, cut between characters.
local encoded = function(text, most)
  local json = cjson.encode(text)
  while most and #json > most do
    local size = math.max(0, math.floor(#text * most / #json) - 1)
    while size > 0 and bit.band(string.byte(text, size + 1), 0xC0) == 0x80 do size = size - 1 end
    text = string.sub(text, 1, size)
    json = cjson.encode(text)
    if size == 0 then break end
  end
  return json
end

-- The JSON of an end with what its step has said. `json`: the event without its data; `data`: its data without a text.
-- `most`: bytes of JSON that text and reasoning may have together, the text first; nil: any number.
local with_text = function(json, data, step, most)
  local text = encoded(redis.call('GET', texts .. step) or '', most)
  local said = '"text":' .. text
  local reasoning = redis.call('GET', reasonings .. step)
  if reasoning then said = said .. ',"reasoning":' .. encoded(reasoning, most and math.max(0, most - #text)) end
  if data ~= '{}' then said = said .. ',' end
  return string.sub(json, 1, -2) .. ',"data":{' .. said .. string.sub(data, 2) .. '}'
end

-- Adds these events, by a list of their seqs, to `ends`: flat seq, JSON.
local add_stored = function(seqs, ends)
  for seq in string.gmatch(seqs, '%d+') do
    ends[#ends + 1] = seq
    ends[#ends + 1] = stored(seq)
  end
end

-- Ends the open steps of a turn, in the order of their opening. `closing`: {turn, mark, json, data, room}; `json` and
-- `data` are of an end without its id, step, agent, attempt and text; `room`: bytes that their texts may have together.
-- With {step, ends = id of its end} only that step. Adds the ends that this and earlier calls made to `ends`, and the one
-- that this step has got otherwise.
local close_turn = function(closing, ends)
  local fields, steps = everything()
  if closing.step then
    local seq = redis.call('HGET', ids, closing.ends)
    if seq then
      add_stored(seq, ends)
      return
    end
    steps = fields['a:' .. closing.step] and { closing.step } or {}
  end
  local made = redis.call('HGET', ids, closing.mark) or ''
  local before = made
  local count = 0
  for _, step in ipairs(steps) do
    if fields['t:' .. step] == closing.turn then count = count + 1 end
  end
  local share = math.floor(closing.room / math.max(1, count))
  for _, step in ipairs(steps) do
    if fields['t:' .. step] == closing.turn then
      local id, agent, attempt = fields['z:' .. step], fields['g:' .. step], fields['a:' .. step]
      local own = '{"id":' .. cjson.encode(id) .. ',"turn":' .. cjson.encode(closing.turn) .. ',"step":' .. cjson.encode(step)
      if agent ~= '' then own = own .. ',"agent":' .. cjson.encode(agent) end
      if attempt ~= '0' then own = own .. ',"attempt":' .. attempt end
      local json = with_text(own .. ',' .. string.sub(closing.json, 2), closing.data, step, share)
      close_step(step)
      made = made .. ' ' .. string.format('%d', add(id, json, closing.mark))
    end
  end
  if made ~= before then redis.call('HSET', ids, closing.mark, made) end
  add_stored(made, ends)
end

-- Appends the drafts that the log does not hold yet: a count, then id, JSON and meaning of each. A meaning is '' or JSON:
--   {starts: {step, turn, agent, ends}} | {ends: 'turn', turn}
--   | {ends: 'step', step, data}: with `data` the end takes the text that the step has
--   | {members: true}: who takes part from now on
-- `closing`: closes its turn (see `close_turn`) before the draft that ends the turn, or else after the last.
-- `barred`: a step that has not started does not start any more.
-- placed: flat id, seq. ends: flat seq, JSON of every end of a step or a turn as the log holds it.
local append = function(closing, barred)
  local placed, ends = {}, {}
  for _ = 1, tonumber(take()) do
    local id, json, meaning = take(), take(), take()
    meaning = meaning == '' and {} or cjson.decode(meaning)
    if closing and meaning.ends == 'turn' and meaning.turn == closing.turn then
      close_turn(closing, ends)
      closing = nil
    end
    local seq = redis.call('HGET', ids, id)
    if not seq and not (barred and meaning.starts) then
      if meaning.ends == 'step' then
        if meaning.data then json = with_text(json, meaning.data, meaning.step) end
        close_step(meaning.step)
      elseif meaning.ends then -- a turn: a full Redis takes its end too, because of this write, which needs no memory
        redis.call('PERSIST', meta)
      end
      seq = add(id, json)
      if meaning.members then redis.call('HSET', meta, 'r', json) end
      if meaning.starts then open_step(meaning.starts) end
    end
    if seq then
      placed[#placed + 1] = id
      placed[#placed + 1] = tostring(seq)
      if meaning.ends then
        ends[#ends + 1] = tostring(seq)
        ends[#ends + 1] = stored(seq)
      end
    end
  end
  if closing then close_turn(closing, ends) end
  return placed, ends
end

-- The stored ends under these fields of `ids` (ids of events, marks of closings): flat seq, JSON.
local ended = function(...)
  local found = {}
  for _, field in ipairs({ ... }) do add_stored(redis.call('HGET', ids, field) or '', found) end
  return found
end
