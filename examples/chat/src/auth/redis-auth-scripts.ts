import { type RedisScript, redisScript } from '../redis/redis-calls.js'

// A login is kept as `<ended 0|1> <generation> <deadline> <subject>`. The subject comes last, as it may hold anything.

/** KEYS keys; ARGV candidate. Gives the keys that are kept. */
export const ADOPT_KEYS: RedisScript = redisScript(`
local kept = redis.call('GET', KEYS[1])
if kept then return kept end
redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]
`)

/** KEYS users by e-mail, users by subject; ARGV e-mail, subject, user. Gives 1 if the address was free. */
export const ADD_USER: RedisScript = redisScript(`
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[3]) == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return 1
`)

/** KEYS logins; ARGV id, login, deadline, now, cap. Gives the ids of those that had to go. */
export const OPEN_LOGIN: RedisScript = redisScript(`
local key, deadline, now, cap = KEYS[1], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local gone = {}
if redis.call('HLEN', key) >= cap then
  local all, live = redis.call('HGETALL', key), {}
  for i = 1, #all, 2 do
    local ends = tonumber(string.match(all[i + 1], '^%d %d+ (%d+) '))
    if ends <= now then redis.call('HDEL', key, all[i]) else live[#live + 1] = { all[i], ends } end
  end
  table.sort(live, function(a, b)
    if a[2] == b[2] then return a[1] < b[1] end
    return a[2] < b[2]
  end)
  for i = 1, #live + 1 - cap do
    redis.call('HDEL', key, live[i][1])
    gone[i] = live[i][1]
  end
end
redis.call('HSET', key, ARGV[1], ARGV[2])
-- All of a subject's logins leave with the last of them.
local left, wanted = redis.call('PTTL', key), math.max(deadline - now, 1)
if left < wanted then redis.call('PEXPIRE', key, wanted) end
return gone
`)

/** KEYS logins; ARGV id, generation, now. Gives the outcome and the login. */
export const ROTATE_LOGIN: RedisScript = redisScript(`
local kept = redis.call('HGET', KEYS[1], ARGV[1])
if not kept then return { 'over' } end
local ended, generation, deadline, subject = string.match(kept, '^(%d) (%d+) (%d+) (.*)$')
local asked = tonumber(ARGV[2])
generation = tonumber(generation)
if ended == '1' or tonumber(deadline) <= tonumber(ARGV[3]) or asked > generation then return { 'over' } end
local outcome, now = 'rotated', string.format('0 %d %s ', generation + 1, deadline) .. subject
if asked < generation then outcome, now = 'reused', '1' .. string.sub(kept, 2) end
redis.call('HSET', KEYS[1], ARGV[1], now)
return { outcome, now }
`)

/** KEYS logins; ARGV subject, and one id if only that login is to end. Gives the ids of those that have ended. */
export const END_LOGINS: RedisScript = redisScript(`
local key, subject, only = KEYS[1], ARGV[1], ARGV[2]
local all = only and { only, redis.call('HGET', key, only) } or redis.call('HGETALL', key)
local ids = {}
for i = 1, #all, 2 do
  local kept = all[i + 1]
  -- Another subject may have the same home.
  if kept and string.match(kept, '^%d %d+ %d+ (.*)$') == subject then
    redis.call('HSET', key, all[i], '1' .. string.sub(kept, 2))
    ids[#ids + 1] = all[i]
  end
end
return ids
`)

/** KEYS logins; ARGV subject, ids. Drops those that are the subject's and have ended. */
export const FORGET_LOGINS: RedisScript = redisScript(`
for i = 2, #ARGV do
  local kept = redis.call('HGET', KEYS[1], ARGV[i])
  if kept and string.match(kept, '^1 %d+ %d+ (.*)$') == ARGV[1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
end
return 0
`)

/** KEYS logout; ARGV moment, milliseconds to keep it. */
export const NOTE_LOGOUT: RedisScript = redisScript(`
local kept = tonumber(redis.call('GET', KEYS[1]) or '')
if not kept or kept < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return 0
`)
