import { type Script, script } from './script.js'

/**
 * Issues. The subject is the declared key: of a slot that migrates, the whole of it goes where the subject is.
 *
 * 1 base, 2 ref, 3 login, 4 second of the credential's issue, 5 end of the credential, 6 life, 7 kind, 8 generation if
 * there is none yet, 9 fence, 10 fingerprints (four words), 11 burst, 12 interval, 13 cap, 14 grace, 15 span,
 * 16 permissions and JSON.
 */
export const ISSUE: Script = script(
  'issue',
  `
local subject, base, ref, login = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local key, at, grace, span = base .. 't:' .. ref, now(), tonumber(ARGV[14]), tonumber(ARGV[15])
redis.call('EXISTS', key)
local known = redis.call('HMGET', subject, 'g', 'l', 'r', 'T', 'd:' .. login)
local refused = overtaken(known[2], known[5], ARGV[4], at)
if refused then return refused end
local expires = at + tonumber(ARGV[6])
if ARGV[5] ~= '-' then expires = math.min(expires, tonumber(ARGV[5])) end
if expires <= at then return { 'expired' } end

local burst, arrival, left, reset = tonumber(ARGV[11]), nil, '-', 0
if burst > 0 then
  local interval = tonumber(ARGV[12])
  local tolerance = interval * (burst - 1)
  local kept = math.max(tonumber(known[3] or 0), at)
  if kept - at > tolerance then return { 'rate_limited', '0', int(math.ceil(kept - at - tolerance)) } end
  arrival = kept + interval
  local count = math.floor((tolerance - (arrival - at)) / interval) + 1
  if count <= 0 then reset = math.ceil(arrival - at - tolerance) end
  left = int(math.max(count, 0))
end

local outstanding, cap, voided = read_outstanding(known[4]), tonumber(ARGV[13]), ''
if #outstanding >= cap then
  local live = {}
  for _, it in ipairs(outstanding) do
    if it.expires > at then live[#live + 1] = it end
  end
  outstanding = live
end
local oldest = #outstanding >= cap and outstanding[1] or nil
local fence = '-'
if ARGV[7] == 's' and ARGV[9] == '1' then
  fence = tenure()
  if fence == '' then return redis.error_reply('READONLY this Redis is not the master, or does not tell its replication id') end
end
if oldest then
  -- Before the first write: in a slot that migrates, this fails if the old ticket is elsewhere.
  local value = redis.call('GET', base .. 't:' .. oldest.ref)
  table.remove(outstanding, 1)
  voided = oldest.ref
  if oldest.used == '0' then count_expiry(base, span, oldest.expires, -1, at) end
  if value then
    local ticket, rest = read_ticket(value)
    ticket[1] = 'v'
    redis.call('SET', base .. 't:' .. oldest.ref, table.concat(ticket, ' ') .. '\\n' .. rest, 'KEEPTTL')
  end
end

local generation = known[1] or ARGV[8]
local ticket = { 'o', ARGV[7], int(at), int(expires), string.match(subject, '([^:]+)$'), login, generation, fence, ARGV[5] }
for word in string.gmatch(ARGV[10], '%S+') do ticket[#ticket + 1] = word end
for place = 14, 18 do ticket[place] = '-' end
write_ticket(key, ticket, ARGV[16], expires + grace - at)
outstanding[#outstanding + 1] = { ref = ref, expires = expires, login = mark_of(login), used = '0' }
write_outstanding(subject, outstanding)
if not known[1] then redis.call('HSET', subject, 'g', generation) end
if arrival then redis.call('HSET', subject, 'r', string.format('%.10f', arrival)) else redis.call('HDEL', subject, 'r') end
keep_subject(subject, math.max(expires, arrival or 0) - at)
count_expiry(base, span, expires, 1, at)
return { 'issued', int(at), int(expires), left, int(reset), voided }
`,
)

/**
 * Redeems.
 *
 * 1 base, 2 ref, 3 attempt, 4 node, 5 address, 6 origin, 7 fingerprints of what is shown (four words), 8 sockets a
 * subject may have, 9 longest session, 10 skew, 11 live nodes (` a b `) or `-`, 12 grace, 13 span.
 */
export const REDEEM: Script = script(
  'redeem',
  `
local key, base, ref, attempt = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local value = redis.call('GET', key)
if not value then return { 'unknown' } end
local ticket, rest = read_ticket(value)
local subject, at, grace = base .. 'u:' .. ticket[5], now(), tonumber(ARGV[12])
local expires = tonumber(ticket[4])
if at >= expires + grace then return { 'unknown' } end
redis.call('EXISTS', key, subject)
local known = redis.call('HMGET', subject, 'g', 'T', 'S', 'd:' .. ticket[6])
local outstanding = read_outstanding(known[2])
local sessions, found = read_sessions(known[3], at)
local session = found[ref]

local function admitted()
  return { 'admitted', int(at), int(session.opened), int(session.deadline), value }
end
-- Whatever became of the ticket since: the answer to this attempt was given when it won.
if session then
  for _, socket in ipairs(session.sockets) do
    if socket.attempt == attempt then return admitted() end
  end
end
local state = state_of(ticket, ref, known[1], outstanding, known[4], at)
if state == 'used' then return { 'used', ticket[14], ticket[16], value } end
if state ~= 'outstanding' then return { state } end

local bound = { 'audience', 'origin', 'network', 'cookie' }
local shown = words(ARGV[7])
for place, what in ipairs(bound) do
  if ticket[9 + place] ~= '-' and ticket[9 + place] ~= shown[place] then return { 'mismatch', what } end
end
local held, live = 0, ARGV[11]
for _, other in ipairs(sessions) do
  for _, socket in ipairs(other.sockets) do
    if live == '-' or string.find(live, ' ' .. socket.node .. ' ', 1, true) then held = held + 1 end
  end
end
if held >= tonumber(ARGV[8]) then return { 'session_limit' } end
local deadline = session_deadline(ticket[9], at, tonumber(ARGV[9]), tonumber(ARGV[10]))
if deadline <= at then return { 'expired' } end

if not session then
  session = { ref = ref, deadline = deadline, opened = at, login = mark_of(ticket[6]), sockets = {} }
  sessions[#sessions + 1] = session
  ticket[15], ticket[16], ticket[17], ticket[18] = int(at), ARGV[5], ARGV[6], '-'
end
session.sockets[#session.sockets + 1] = { attempt = attempt, node = ARGV[4] }
local first = ticket[14] == '-'
if first then
  ticket[14] = int(at)
  count_expiry(base, tonumber(ARGV[13]), expires, -1, at)
end
if ticket[2] == 's' then
  ticket[1] = 'u'
  write_outstanding(subject, without(outstanding, ref))
elseif first then
  outstanding[position(outstanding, ref)].used = '1'
  write_outstanding(subject, outstanding)
end
write_sessions(subject, sessions)
write_ticket(key, ticket, rest, math.max(expires, session.deadline) + grace - at)
keep_subject(subject, session.deadline - at)
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
local subject, at = ARGV[1] .. 'u:' .. ticket[5], now()
if at >= tonumber(ticket[4]) + tonumber(ARGV[3]) then return { 'unknown' } end
redis.call('EXISTS', KEYS[1], subject)
local known = redis.call('HMGET', subject, 'g', 'T', 'd:' .. ticket[6])
local state = state_of(ticket, ARGV[2], known[1], read_outstanding(known[2]), known[3], at)
return { state, int(at), value }
`,
)
