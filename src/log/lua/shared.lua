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

-- nil if the writer's position fits the log, otherwise why it does not.
local incomplete = function(meta, epoch, seq)
  local have = redis.call('HMGET', meta, 'e', 's')
  if not have[1] then return 'lost' end
  if have[1] == epoch and tonumber(have[2]) < tonumber(seq) then return 'behind' end
  return nil
end

local create = function(meta, log, ids, epoch, info)
  redis.call('DEL', meta, log, ids)
  redis.call('HSET', meta, 'e', epoch, 's', 0, 'f', 1, 'b', 0, 'i', info)
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
    for _, entry in ipairs(redis.call('XRANGE', log, '-', '+', 'COUNT', 16)) do
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

local close_step = function(meta, step)
  redis.call('HDEL', meta, 'a:' .. step, 'o:' .. step, 'w:' .. step, 'n:' .. step)
  redis.call('DEL', text_key(meta, step))
end

-- Appends drafts read from `next` (count, then id, json, ends for each) that the log does not hold yet.
-- `ends`: '' | 'turn' | the id of the step that it ends. `marker` in an end's json stands for the text that the step has in the log.
-- placed: flat id, seq. ends: flat seq, json of every end among the drafts as the log holds it.
local append = function(meta, log, ids, channel, next, marker)
  local placed, ends = {}, {}
  local epoch = redis.call('HGET', meta, 'e')
  for _ = 1, tonumber(next()) do
    local id, json, ending = next(), next(), next()
    local seq = redis.call('HGET', ids, id)
    if not seq then
      if ending ~= '' and ending ~= 'turn' then
        local from, to = string.find(json, marker, 1, true)
        if from then
          local text = redis.call('GET', text_key(meta, ending)) or ''
          json = string.sub(json, 1, from - 2) .. cjson.encode(text) .. string.sub(json, to + 2)
        end
        close_step(meta, ending)
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
