-- Counts a message among those that wait in a session, if there is room for it.
-- KEYS inbox ids
-- ARGV message-id event-id scheduled-id bytes most most-bytes ttl most-sends most-signals digest
-- inbox (hash): id of a message that waits -> '<bytes> <ms since the Unix epoch until which it counts> <times sent> <digest>'; the digest may
-- be missing, and is then that of any message
-- Returns {'ok' | 'told': the log tells that it is for later} | {'held'} | {'again'} | {'other'} | {'full', messages, bytes}
local inbox, ids = KEYS[1], KEYS[2]
local id, event, scheduled, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[7]
local bytes, most, most_bytes = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local digest = ARGV[10]
if redis.call('HEXISTS', ids, event) == 1 then return { 'held' } end
local ok = redis.call('HEXISTS', ids, scheduled) == 1 and 'told' or 'ok'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local waiting = redis.call('HGETALL', inbox)
local messages, sum, signals, mine = 0, 0, 0, nil
for index = 1, #waiting, 2 do
  local size, till, sends, said = string.match(waiting[index + 1], '^(%d+) (%d+) ?(%d*) ?(%S*)$')
  if tonumber(till) <= now then
    redis.call('HDEL', inbox, waiting[index])
  else
    sends = tonumber(sends) or 1
    signals = signals + sends
    if waiting[index] == id then
      mine = { size, till, sends + 1, said }
    else
      messages, sum = messages + 1, sum + tonumber(size)
    end
  end
end
local most_sends, most_signals = tonumber(ARGV[8]), tonumber(ARGV[9])
if mine then
  if mine[4] ~= '' and mine[4] ~= digest then return { 'other' } end
  if mine[3] > most_sends or signals >= most_signals then return { 'again' } end
  redis.call('HSET', inbox, id, string.format('%s %s %d %s', mine[1], mine[2], mine[3], digest))
  return { ok }
end
if messages >= most or sum + bytes > most_bytes or signals >= most_signals then return { 'full', messages, sum } end
redis.call('HSET', inbox, id, string.format('%d %d 1 %s', bytes, now + ttl, digest))
redis.call('PEXPIRE', inbox, ttl)
return { ok }
