-- Takes members of gateways that are gone out of the list, unless it has changed since it was read.
-- KEYS present. ARGV revision then fields. present (hash): see change-member
if redis.call('HGET', KEYS[1], '#') ~= ARGV[1] then return 0 end
for index = 2, #ARGV do redis.call('HDEL', KEYS[1], ARGV[index]) end
return #ARGV - 1
