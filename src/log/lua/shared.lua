-- Shared by every script of the session log; put in front of each.
--
-- meta (hash): e epoch | s highest seq | f lowest seq retained | b bytes of JSON retained | i session info
--   and for each open step: a:<step> attempt | o:<step> owner | w:<step> order | n:<step> length of its text in UTF-16 units
-- log (stream): <seq>-0 -> i id, e JSON of the event
-- ids (hash): event id -> seq
-- <prefix>t:<step> (string): text of an open step. Derived from the meta key: same hash tag, so same slot.

local unpack_from = function(first)
  local index = first
  return function()
    index = index + 1
    return ARGV[index - 1]
  end
end

local text_key = function(meta, step)
  return string.sub(meta, 1, -5) .. 't:' .. step
end

-- {epoch, seq} as strings; nil if there is no log, or if a server that evicts keys has taken a part of it.
local whole = function(meta, log, ids)
  local have = redis.call('HMGET', meta, 'e', 's')
  if not have[1] then return nil end
  if have[2] ~= '0' and redis.call('EXISTS', log, ids) < 2 then return nil end
  return have
end

-- Below 0 if the log's position is before the given one, above 0 if it is after it.
local compare = function(have, epoch, seq)
  local epochs = tonumber(have[1]) - tonumber(epoch)
  if epochs ~= 0 then return epochs end
  return tonumber(have[2]) - tonumber(seq)
end

-- nil if the writer's position fits the log, otherwise why it does not.
local incomplete = function(meta, log, ids, epoch, seq)
  local have = whole(meta, log, ids)
  if not have then return 'lost' end
  if compare(have, epoch, seq) < 0 then return 'behind' end
  return nil
end

local close_step = function(meta, step)
  redis.call('HDEL', meta, 'a:' .. step, 'o:' .. step, 'w:' .. step, 'n:' .. step)
  redis.call('DEL', text_key(meta, step))
end

-- An empty log in an epoch of at least `epoch`, later than any that is there.
local create = function(meta, log, ids, epoch, info)
  local before = tonumber(redis.call('HGET', meta, 'e') or 0)
  for _, field in ipairs(redis.call('HKEYS', meta)) do
    local step = string.match(field, '^a:(.*)$')
    if step then close_step(meta, step) end
  end
  redis.call('DEL', meta, log, ids)
  epoch = string.format('%d', math.max(tonumber(epoch), before + 1))
  redis.call('HSET', meta, 'e', epoch, 's', 0, 'f', 1, 'b', 0, 'i', info)
  return epoch
end

-- The opening of every script that may be the first of a session: reads what all of them begin with, and creates the log where that is allowed.
-- Returns ttl, cap, marker, and why the writer must wait ('lost' | 'behind') or nil.
local open_log = function(meta, log, ids, next)
  local epoch, seq, ttl, cap, marker = next(), next(), next(), tonumber(next()), next()
  local may_create, new_epoch, info = next(), next(), next()
  local wrong = incomplete(meta, log, ids, epoch, seq)
  if wrong == 'lost' and may_create == '1' then
    create(meta, log, ids, new_epoch, info)
    wrong = nil
  end
  return ttl, cap, marker, wrong
end

local touch = function(meta, log, ids, ttl)
  redis.call('PEXPIRE', meta, ttl)
  redis.call('PEXPIRE', log, ttl)
  redis.call('PEXPIRE', ids, ttl)
end

local put = function(meta, log, ids, seq, id, json)
  redis.call('XADD', log, string.format('%d-0', seq), 'i', id, 'e', json)
  redis.call('HSET', ids, id, seq)
  redis.call('HINCRBY', meta, 'b', #json)
end

-- Drops the oldest events until at most `cap` bytes are left; the newest event always stays.
local trim = function(meta, log, ids, cap)
  local bytes = tonumber(redis.call('HGET', meta, 'b'))
  local first = tonumber(redis.call('HGET', meta, 'f'))
  local head = tonumber(redis.call('HGET', meta, 's'))
  if bytes <= cap then return end
  while bytes > cap and first < head do
    local oldest = redis.call('XRANGE', log, '-', '+', 'COUNT', 16)
    if #oldest == 0 then break end
    for _, entry in ipairs(oldest) do
      if bytes <= cap or first >= head then break end
      bytes = bytes - #entry[2][4]
      redis.call('HDEL', ids, entry[2][2])
      first = first + 1
    end
    redis.call('XTRIM', log, 'MINID', string.format('%d-0', first))
  end
  redis.call('HSET', meta, 'b', bytes, 'f', first)
end

local stored = function(log, seq)
  local at = string.format('%d-0', seq)
  local found = redis.call('XRANGE', log, at, at)
  if found[1] then return found[1][2][4] end
  return false
end

-- Appends drafts read from `next` (count, then id, json, ends for each) that the log does not hold yet.
-- `ends`: '' | 'turn' | 'step ' and the id of the step that it ends. `marker` in an end's json stands for the text that the step has in the log.
-- placed: flat id, seq. ends: flat seq, json of every end among the drafts as the log holds it.
local append = function(meta, log, ids, channel, next, marker)
  local placed, ends = {}, {}
  local epoch = redis.call('HGET', meta, 'e')
  for _ = 1, tonumber(next()) do
    local id, json, ending = next(), next(), next()
    local seq = redis.call('HGET', ids, id)
    if not seq then
      local step = string.match(ending, '^step (.*)$')
      if step then
        local from, to = string.find(json, marker, 1, true)
        if from then
          local text = redis.call('GET', text_key(meta, step)) or ''
          json = string.sub(json, 1, from - 2) .. cjson.encode(text) .. string.sub(json, to + 2)
        end
        close_step(meta, step)
      end
      seq = redis.call('HINCRBY', meta, 's', 1)
      put(meta, log, ids, seq, id, json)
      redis.call('SPUBLISH', channel, 'E ' .. epoch .. ' ' .. seq .. ' ' .. json)
    end
    placed[#placed + 1] = id
    placed[#placed + 1] = tostring(seq)
    if ending ~= '' then
      ends[#ends + 1] = tostring(seq)
      ends[#ends + 1] = stored(log, seq) or ''
    end
  end
  return placed, ends
end

-- The stored end of a step, and of its turn if there is one: flat seq, json. Nil if the step has not ended.
local ended = function(log, ids, step, turn)
  local seq = redis.call('HGET', ids, 'step:' .. step .. ':end')
  if not seq then return nil end
  local ends = { seq, stored(log, seq) or '' }
  local last = redis.call('HGET', ids, 'turn:' .. turn .. ':end')
  if last then
    ends[3] = last
    ends[4] = stored(log, last) or ''
  end
  return ends
end

local position = function(meta)
  return redis.call('HMGET', meta, 'e', 's')
end
