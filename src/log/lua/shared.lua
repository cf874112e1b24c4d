-- Shared by the scripts that read or write a whole session log; put in front of each.
--
-- meta (hash): e epoch | l life of the server's data when the epoch was opened | s highest seq | f lowest seq retained
--   | b bytes of JSON retained | i session info | r JSON of the newest event that changed the members, if one was appended
--   | x steps opened so far | gone: alone, the session was erased; it stays until nobody can write to it any more
--   and for each open step: a:<step> newest attempt (0: it has started, no attempt has begun) | o:<step> owner | w:<step> order
--   | n:<step>, m:<step> length of its text and of its reasoning in UTF-16 units | t:<step> turn | g:<step> agent
--   | z:<step> id of its end | x:<step> its place among the steps opened
--   | k:<step>, l:<step> tokens in its text and in its reasoning, if these are sealed
-- log (stream): <seq>-0 -> i id, e JSON of the event, and for an end made by closing a turn: c its mark in `ids`
-- ids (hash): event id -> seq; mark of a turn that was closed -> the seqs of the ends that this made
-- inbox (hash): the messages that wait; see admit-message
-- <texts><step>, <reasonings><step> (strings): what an open step has said and reasoned
--
-- What is sealed is a token, `<key id>.<base64url>`, which no script looks into: i; in an event `sealed`: {data, text, reasoning}, beside or
-- instead of its `data`; a text is a row of tokens, each followed by a space, of which each has sealed a piece of JSON.
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
  for letter in string.gmatch('aownmtgzxkl', '.') do fields[#fields + 1] = letter .. ':' .. step end
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
