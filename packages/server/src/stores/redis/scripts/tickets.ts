import { type Script, script } from './script.js'

/**
 * Issues. The subject is the declared key: of a slot that migrates, the whole of it goes where the subject is.
 *
 * 1 base, 2 ref, 3 login, 4 second of the credential's issue, 5 end of the credential, 6 life, 7 kind, 8 generation if
 * there is none yet, 9 fence, 10 fingerprints (four words), 11 burst, 12 interval in 1024ths of a millisecond, 13 cap, 14 grace, 15 span,
 * 16 permissions and JSON.
 */
export const ISSUE: Script = script(
  'issue',
  `
local base, ref, login = ARGV[1], ARGV[2], ARGV[3]
local key, at, grace, span = base .. 't:' .. ref, now(), tonumber(ARGV[14]), tonumber(ARGV[15])
-- A client library may send an issue again, and the first one may arrive after the second: what became of the ticket stays.
local before = redis.call('GET', key)
if before then return { 'issued', int(at), read_ticket(before)[4], '-', '0', '' } end
local subject = read_subject(KEYS[1], login, at)
local refused = overtaken(subject, ARGV[4], at)
if refused then return refused end
local expires = at + tonumber(ARGV[6])
if ARGV[5] ~= '-' then expires = math.min(expires, tonumber(ARGV[5])) end
if expires <= at then return { 'expired' } end

-- In steps of 1024ths of a millisecond, of which a double holds sums exactly.
local burst, interval, arrival, left, reset = tonumber(ARGV[11]), tonumber(ARGV[12]), 0, '-', 0
if burst > 0 then
  local tolerance, present = interval * (burst - 1), at * 1024
  -- Never further ahead than it can have come: the clock of another master may have been ahead.
  local kept = math.min(math.max(subject.arrival, present), present + tolerance + interval)
  if kept - present > tolerance then
    return { 'rate_limited', '0', int(math.ceil((kept - present - tolerance) / 1024)) }
  end
  arrival = kept + interval
  local count = math.floor((tolerance - (arrival - present)) / interval) + 1
  if count <= 0 then reset = math.ceil((arrival - present - tolerance) / 1024) end
  left = int(math.max(count, 0))
end

local cap, voided = tonumber(ARGV[13]), ''
if #subject.outstanding >= cap then
  local live = {}
  for _, it in ipairs(subject.outstanding) do
    if it.expires > at then live[#live + 1] = it end
  end
  subject.outstanding = live
end
local oldest = #subject.outstanding >= cap and subject.outstanding[1] or nil
local fence = '-'
if ARGV[7] == 's' and ARGV[9] == '1' then
  fence = tenure()
  if fence == '' then
    return redis.error_reply('READONLY this Redis is not the master, or does not tell its replication id')
  end
end
if oldest then
  -- Before the first write: in a slot that migrates, this fails if the old ticket is elsewhere.
  local value = redis.call('GET', base .. 't:' .. oldest.ref)
  table.remove(subject.outstanding, 1)
  voided = oldest.ref
  if oldest.used == '0' then count_expiry(base, span, oldest.expires, -1, at) end
  if value then
    local ticket, rest = read_ticket(value)
    ticket[1] = 'v'
    redis.call('SET', base .. 't:' .. oldest.ref, table.concat(ticket, ' ') .. '\\n' .. rest, 'KEEPTTL')
  end
end

subject.generation = subject.generation or ARGV[8]
subject.arrival = arrival
local named = string.sub(subject.key, #base + 3)
local line = table.concat(
  { 'o', ARGV[7], int(at), int(expires), named, login, subject.generation, fence, ARGV[5], ARGV[10], '- - - - - -' }, ' ')
redis.call('SET', key, line .. '\\n' .. ARGV[16], 'PX', int(expires + grace - at))
subject.outstanding[#subject.outstanding + 1] = { ref = ref, expires = expires, login = mark_of(login), used = '0' }
write_subject(subject, at, math.max(expires, math.ceil(arrival / 1024)), grace)
count_expiry(base, span, expires, 1, at)
return { 'issued', int(at), int(expires), left, int(reset), voided }
`,
)

/**
 * Redeems.
 *
 * 1 base, 2 ref, 3 attempt, 4 node, 5 address, 6 origin, 7 fingerprints of what is shown (four words), 8 sockets a
 * subject may have, 9 longest session, 10 skew, 11 live nodes (` a b `) or `-`, 12 grace, 13 span,
 * 14 whether replicas are waited for.
 */
export const REDEEM: Script = script(
  'redeem',
  `
local key, base, ref, attempt = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local value = redis.call('GET', key)
if not value then return { 'unknown' } end
local ticket, rest = read_ticket(value)
local at, grace, expires = now(), tonumber(ARGV[12]), tonumber(ticket[4])
if at >= expires + grace then return { 'unknown' } end
redis.call('EXISTS', key, base .. 'u:' .. ticket[5])
local subject = read_subject(base .. 'u:' .. ticket[5], ticket[6], at)
local session = subject.live[ref]

local function admitted()
  return { 'admitted', int(at), int(session.opened), int(session.deadline), value }
end
-- Whatever became of the ticket since: the answer to this attempt was given when it won.
if session then
  for _, socket in ipairs(session.sockets) do
    if socket.attempt == attempt then
      again(key, ARGV[14])
      return admitted()
    end
  end
end
local state = state_of(ticket, ref, subject, at)
if state == 'used' then return { 'used', ticket[14], ticket[16], value } end
if state ~= 'outstanding' then return { state } end

local bound = { 'audience', 'origin', 'network', 'cookie' }
local shown = words(ARGV[7])
for place, what in ipairs(bound) do
  if ticket[9 + place] ~= '-' and ticket[9 + place] ~= shown[place] then return { 'mismatch', what } end
end
local held, alive = 0, ARGV[11]
for _, other in ipairs(subject.sessions) do
  for _, socket in ipairs(other.sockets) do
    if alive == '-' or string.find(alive, ' ' .. socket.node .. ' ', 1, true) then held = held + 1 end
  end
end
if held >= tonumber(ARGV[8]) then return { 'session_limit' } end
local deadline = session_deadline(ticket[9], at, tonumber(ARGV[9]), tonumber(ARGV[10]))
if deadline <= at then return { 'expired' } end

if not session then
  session = { ref = ref, deadline = deadline, opened = at, login = mark_of(ticket[6]), sockets = {} }
  subject.sessions[#subject.sessions + 1] = session
  ticket[15], ticket[16], ticket[17], ticket[18] = int(at), ARGV[5], ARGV[6], '-'
end
session.sockets[#session.sockets + 1] = { attempt = attempt, node = ARGV[4] }
if ticket[14] == '-' then
  ticket[14] = int(at)
  subject.outstanding[position(subject.outstanding, ref)].used = '1'
  count_expiry(base, tonumber(ARGV[13]), expires, -1, at)
end
if ticket[2] == 's' then
  ticket[1] = 'u'
  subject.outstanding = without(subject.outstanding, ref)
end
write_subject(subject, at, session.deadline, grace)
write_ticket(key, ticket, rest, math.max(expires, session.deadline) + grace - at)
return admitted()
`,
)

/** Inspects, and changes nothing. 1 base, 2 ref, 3 grace. */
export const INSPECT: Script = script(
  'inspect',
  `
local value = redis.call('GET', KEYS[1])
if not value then return { 'unknown' } end
local ticket = read_ticket(value)
local key, at = ARGV[1] .. 'u:' .. ticket[5], now()
if at >= tonumber(ticket[4]) + tonumber(ARGV[3]) then return { 'unknown' } end
redis.call('EXISTS', KEYS[1], key)
return { state_of(ticket, ARGV[2], read_subject(key, ticket[6], at), at), int(at), value }
`,
)
