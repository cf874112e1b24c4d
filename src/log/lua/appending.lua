-- Shared by the scripts that append events; put between shared.lua and each.
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

-- The first tokens of a row, as many as have sealed at most `most` bytes of JSON (nil: all), and how many bytes these have sealed. A token has 28
-- bytes (nonce and tag) beside those.
local fitting = function(row, most)
  if not most then return row, 0 end
  local size, bytes = 0, 2
  for key, sealed in string.gmatch(row, '([^. ]*)%.([^ ]*) ') do
    local more = math.floor(#sealed * 3 / 4) - 28
    if bytes + more > most then break end
    size, bytes = size + #key + #sealed + 2, bytes + more
  end
  return string.sub(row, 1, size), bytes
end

-- The JSON of an end with what its step has said. `json`: the event without its data; `data`: its data without a text, or the token of that.
-- `most`: bytes of JSON that text and reasoning may have together, the text first; nil: any number.
local with_text = function(json, data, step, most)
  local clear, sealed = {}, {}
  local tokens = redis.call('HMGET', meta, 'k:' .. step, 'l:' .. step)
  local say = function(name, said, is_sealed)
    local bytes
    if is_sealed then
      said, bytes = fitting(said, most)
      sealed[#sealed + 1] = '"' .. name .. '":"' .. said .. '"'
    else
      said = encoded(said, most)
      bytes = #said
      clear[#clear + 1] = '"' .. name .. '":' .. said
    end
    most = most and math.max(0, most - bytes)
  end
  say('text', redis.call('GET', texts .. step) or '', tokens[1])
  local reasoning = redis.call('GET', reasonings .. step)
  if reasoning then say('reasoning', reasoning, tokens[2]) end
  if string.sub(data, 1, 1) ~= '{' then
    sealed[#sealed + 1] = '"data":"' .. data .. '"'
  elseif data ~= '{}' then
    clear[#clear + 1] = string.sub(data, 2, -2)
  end
  json = string.sub(json, 1, -2) .. ',"data":{' .. table.concat(clear, ',') .. '}'
  if #sealed > 0 then json = json .. ',"sealed":{' .. table.concat(sealed, ',') .. '}' end
  return json .. '}'
end

-- Adds these events, by a list of their seqs, to `ends`: flat seq, JSON.
local add_stored = function(seqs, ends)
  for seq in string.gmatch(seqs, '%d+') do
    ends[#ends + 1] = seq
    ends[#ends + 1] = stored(seq)
  end
end

-- Ends the open steps of a turn, in the order of their opening. `closing`: {turn, mark, json, data, room}; `json` and
-- `data` (or its token) are of an end without its id, step, agent, attempt and text; `room`: bytes that their texts may have together.
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
--   | {ends: 'step', step, data}: with `data`, or its token, the end takes the text that the step has
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
