import { type Script, script } from './script.js'

/**
 * Revokes a ticket or a session. One that was revoked before is revoked again: the answer may have been lost, and its
 * notice with it.
 *
 * 1 base, 2 ref, 3 `ticket` or `session`, 4 owner or `-`, 5 code, 6 grace, 7 span, 8 whether replicas are waited for.
 */
export const REVOKE_ONE: Script = script(
  'revoke-one',
  `
local key, base, ref, owner = KEYS[1], ARGV[1], ARGV[2], ARGV[4]
local value = redis.call('GET', key)
if not value then return { 'unknown' } end
local ticket, rest = read_ticket(value)
local at, grace, expires = now(), tonumber(ARGV[6]), tonumber(ticket[4])
redis.call('EXISTS', key, base .. 'u:' .. ticket[5])
local subject = read_subject(base .. 'u:' .. ticket[5], ticket[6], at)
local live = subject.live[ref]
local ended = ticket[18] ~= '-'
if not live and not ended and (ARGV[3] == 'session' or at >= expires + grace) then return { 'unknown' } end
if owner ~= '-' and owner ~= ticket[5] then return { 'unknown' } end
local place = position(subject.outstanding, ref)
if live or place then
  ticket[1] = 'r'
  if live then ticket[18] = ARGV[5] end
  if place and subject.outstanding[place].used == '0' then
    count_expiry(base, tonumber(ARGV[7]), expires, -1, at)
  end
  subject.sessions, subject.outstanding = without(subject.sessions, ref), without(subject.outstanding, ref)
  write_subject(subject, at, 0, 0)
  write_ticket(key, ticket, rest, math.max(expires, at) + grace - at)
else
  again(key, ARGV[8])
end
return { 'revoked', int(at) }
`,
)

/**
 * Revokes all of a subject: a new generation, and nothing is outstanding or live any more.
 *
 * 1 base, 2 generation, 3 how long to remember, 4 span, 5 when it was revoked, if this is only told again, or `-`. Told
 * again, it does nothing where it is known. Where it was lost with a master, tickets are voided and sessions gone, also
 * those of the moment since: nobody can tell whether a ticket or a JWT from before opened them.
 */
export const REVOKE_SUBJECT: Script = script(
  'revoke-subject',
  `
local at, told_again = now(), ARGV[5] ~= '-'
local subject = read_subject(KEYS[1], '-', at)
local revoked_at = told_again and tonumber(ARGV[5]) or at
-- Never earlier than one before, whatever the clock says.
local second = math.max(subject.logout.second, math.floor(revoked_at / 1000))
if told_again and subject.logout.second >= second then return { 'known', int(revoked_at) } end
for _, it in ipairs(subject.outstanding) do
  if it.used == '0' and it.expires > at then count_expiry(ARGV[1], tonumber(ARGV[4]), it.expires, -1, at) end
end
local till = math.max(subject.logout.till, revoked_at + tonumber(ARGV[3]))
if not told_again or not subject.generation then subject.generation = ARGV[2] end
subject.logout = { second = second, till = till }
subject.outstanding, subject.sessions = {}, {}
write_subject(subject, at, till, 0)
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
local key, login, at, span = KEYS[1], ARGV[2], now(), tonumber(ARGV[4])
local subject = read_subject(key, login, at)
local before = subject.login_end
local till = (ARGV[5] == '-' and at or tonumber(ARGV[5])) + tonumber(ARGV[3])
if ARGV[5] ~= '-' and (till <= at or (before[2] or 0) >= till) then return { 'known', int(at) } end
till = math.max(before[2] or 0, till)
-- Remembered for as long as one of its tickets or sessions is, beyond the end of its credentials.
local mark, keep = mark_of(login), math.max(before[3] or 0, till)
local outstanding, sessions = {}, {}
for _, it in ipairs(subject.outstanding) do
  if it.login ~= mark then
    outstanding[#outstanding + 1] = it
  else
    keep = math.max(keep, it.expires)
    if it.used == '0' and it.expires > at then count_expiry(ARGV[1], span, it.expires, -1, at) end
  end
end
for _, it in ipairs(subject.sessions) do
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
redis.call('HSET', key, 'd:' .. login, int(at) .. ' ' .. int(till) .. ' ' .. int(keep))
subject.generation = subject.generation or ARGV[6]
subject.outstanding, subject.sessions = outstanding, sessions
write_subject(subject, at, keep, 0)
return { 'revoked', int(at) }
`,
)

/** Tells whether a logout has overtaken a credential. 1 login, 2 second of its issue. */
export const CHECK_CREDENTIAL: Script = script(
  'check-credential',
  `
local at = now()
return overtaken(read_subject(KEYS[1], ARGV[1], at), ARGV[2], at) or { 'good' }
`,
)
