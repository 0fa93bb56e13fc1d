import { type Script, script } from './script.js'

/**
 * Revokes a ticket or a session. 1 base, 2 ref, 3 `ticket` or `session`, 4 owner or `-`, 5 code, 6 grace, 7 span.
 */
export const REVOKE_ONE: Script = script(
  'revoke-one',
  `
local key, base, ref, owner = KEYS[1], ARGV[1], ARGV[2], ARGV[4]
local value = redis.call('GET', key)
if not value then return { 'unknown' } end
local ticket, rest = read_ticket(value)
local subject, at, grace = base .. 'u:' .. ticket[5], now(), tonumber(ARGV[6])
local expires = tonumber(ticket[4])
redis.call('EXISTS', key, subject)
local known = redis.call('HMGET', subject, 'g', 'T', 'S', 'd:' .. ticket[6])
local outstanding = read_outstanding(known[2])
local sessions, found = read_sessions(known[3], at)
local live = found[ref]
if not live and (ARGV[3] == 'session' or at >= expires + grace) then return { 'unknown' } end
if owner ~= '-' and owner ~= ticket[5] then return { 'unknown' } end
local place = position(outstanding, ref)
if live or place then
  ticket[1] = 'r'
  if live then
    ticket[18] = ARGV[5]
    write_sessions(subject, without(sessions, ref))
  end
  if place then
    if outstanding[place].used == '0' then count_expiry(base, tonumber(ARGV[7]), expires, -1, at) end
    write_outstanding(subject, without(outstanding, ref))
  end
  write_ticket(key, ticket, rest, math.max(expires, at) + grace - at)
end
return { 'revoked', int(at) }
`,
)

/**
 * Revokes all of a subject: a new generation, and nothing is outstanding or live any more.
 *
 * 1 base, 2 generation, 3 how long to remember, 4 span, 5 when it was revoked, if this is only told again, or `-`. Told
 * again, it does nothing where it is known. Where it was lost with a master, it leaves alone what was opened since: tickets
 * are voided then, for nobody can tell from when they are.
 */
export const REVOKE_SUBJECT: Script = script(
  'revoke-subject',
  `
local key, at, again = KEYS[1], now(), ARGV[5] ~= '-'
local known = redis.call('HMGET', key, 'g', 'l', 'T', 'S')
local logout = numbers(known[2])
local revoked_at = again and tonumber(ARGV[5]) or at
local second = math.floor(revoked_at / 1000)
if again and logout[1] and logout[1] >= second then return { 'known', int(revoked_at) } end
for _, it in ipairs(read_outstanding(known[3])) do
  if it.used == '0' and it.expires > at then count_expiry(ARGV[1], tonumber(ARGV[4]), it.expires, -1, at) end
end
local since = {}
if again then
  for _, it in ipairs((read_sessions(known[4], at))) do
    if it.opened > revoked_at then since[#since + 1] = it end
  end
end
local till = math.max(logout[2] or 0, revoked_at + tonumber(ARGV[3]))
if not again or not known[1] then redis.call('HSET', key, 'g', ARGV[2]) end
redis.call('HSET', key, 'l', int(second) .. ' ' .. int(till))
write_outstanding(key, {})
write_sessions(key, since)
keep_subject(key, till - at)
return { 'revoked', int(revoked_at) }
`,
)

/**
 * Revokes a login of a subject. 1 base, 2 login, 3 how long to remember, 4 span, 5 when it was revoked, if this is only
 * told again, or `-`, 6 generation if there is none yet.
 */
export const REVOKE_LOGIN: Script = script(
  'revoke-login',
  `
local key, field, at, span = KEYS[1], 'd:' .. ARGV[2], now(), tonumber(ARGV[4])
local known = redis.call('HMGET', key, 'g', 'T', 'S', field)
local before = numbers(known[4])
local till = (ARGV[5] == '-' and at or tonumber(ARGV[5])) + tonumber(ARGV[3])
if ARGV[5] ~= '-' and (till <= at or (before[2] or 0) >= till) then return { 'known', int(at) } end
till = math.max(before[2] or 0, till)
-- Remembered for as long as one of its tickets or sessions is, beyond the end of its credentials.
local mark, keep = mark_of(ARGV[2]), math.max(before[3] or 0, till)
local outstanding, sessions = {}, {}
for _, it in ipairs(read_outstanding(known[2])) do
  if it.login ~= mark then
    outstanding[#outstanding + 1] = it
  else
    keep = math.max(keep, it.expires)
    if it.used == '0' and it.expires > at then count_expiry(ARGV[1], span, it.expires, -1, at) end
  end
end
for _, it in ipairs((read_sessions(known[3], at))) do
  if it.login ~= mark then
    sessions[#sessions + 1] = it
  else
    keep = math.max(keep, it.deadline)
  end
end
if redis.call('HLEN', key) > 16 then
  local all = redis.call('HGETALL', key)
  for place = 1, #all, 2 do
    if string.sub(all[place], 1, 2) == 'd:' and numbers(all[place + 1])[3] <= at then
      redis.call('HDEL', key, all[place])
    end
  end
end
if not known[1] then redis.call('HSET', key, 'g', ARGV[6]) end
redis.call('HSET', key, field, int(at) .. ' ' .. int(till) .. ' ' .. int(keep))
write_outstanding(key, outstanding)
write_sessions(key, sessions)
keep_subject(key, keep - at)
return { 'revoked', int(at) }
`,
)

/** Tells whether a logout has overtaken a credential. 1 login, 2 second of its issue. */
export const CHECK_CREDENTIAL: Script = script(
  'check-credential',
  `
local known = redis.call('HMGET', KEYS[1], 'l', 'd:' .. ARGV[1])
return overtaken(known[1], known[2], ARGV[2], now()) or { 'good' }
`,
)
