-- What workers have told and told again.
-- KEYS: the catalogs.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = {}
for _, value in ipairs(redis.call('HVALS', KEYS[1])) do
  local untilMs, catalog = string.match(value, '^(%d+) (.*)$')
  if tonumber(untilMs) >= now then found[#found + 1] = catalog end
end
return found
