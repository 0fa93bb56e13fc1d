import { type Script, script } from './script.js'

/**
 * Renews. The holder's subject is the declared key.
 *
 * 1 base, 2 ref, 3 login, 4 second of the credential's issue, 5 end of the credential, 6 longest session, 7 skew,
 * 8 permissions, 9 grace.
 */
export const RENEW: Script = script(
  'renew',
  `
local base, ref, login = ARGV[1], ARGV[2], ARGV[3]
local key, at = base .. 't:' .. ref, now()
redis.call('EXISTS', key, KEYS[1])
local value = redis.call('GET', key)
if not value then return { 'unknown' } end
local ticket, rest = read_ticket(value)
if base .. 'u:' .. ticket[5] ~= KEYS[1] or ticket[6] ~= login or ticket[15] == '-' then return { 'unknown' } end
local subject = read_subject(KEYS[1], login, at)
local refused = overtaken(subject, ARGV[4], at)
if refused then return refused end
local session = subject.live[ref]
if not session then return { 'over' } end
local deadline = session_deadline(ARGV[5], session.opened, tonumber(ARGV[6]), tonumber(ARGV[7]))
if deadline <= at then return { 'expired' } end
session.deadline = math.max(session.deadline, deadline)
local stop = string.find(rest, '\\n', 1, true)
local had, kept, wished = words(string.sub(rest, 1, stop - 1)), {}, {}
for _, permission in ipairs(words(ARGV[8])) do wished[permission] = true end
for _, permission in ipairs(had) do
  if wished[permission] then kept[#kept + 1] = permission end
end
local permissions, grace = table.concat(kept, ' '), tonumber(ARGV[9])
local narrowed = #kept < #had
-- The same renewal again is told again: the answer to the first one may have been lost, and the notice with it.
if ticket[19] == 'n' and #words(ARGV[8]) == #kept then narrowed = true end
if narrowed then ticket[19] = 'n' end
write_subject(subject, at, session.deadline, grace)
write_ticket(key, ticket, permissions .. string.sub(rest, stop),
  math.max(tonumber(ticket[4]), session.deadline) + grace - at)
return { 'renewed', int(at), int(session.deadline), narrowed and '1' or '0', permissions }
`,
)

/** One socket less; a session ends with its last. 1 base, 2 ref, 3 attempt, 4 grace. */
export const CLOSE_SOCKET: Script = script(
  'close-socket',
  `
local key, base, ref, at = KEYS[1], ARGV[1], ARGV[2], now()
local value = redis.call('GET', key)
if not value then return { 'unknown' } end
local ticket, rest = read_ticket(value)
redis.call('EXISTS', key, base .. 'u:' .. ticket[5])
local subject = read_subject(base .. 'u:' .. ticket[5], ticket[6], at)
local session = subject.live[ref]
if not session then return { 'unknown' } end
for place, socket in ipairs(session.sockets) do
  if socket.attempt == ARGV[3] then
    table.remove(session.sockets, place)
    if #session.sockets == 0 then
      subject.sessions = without(subject.sessions, ref)
      write_ticket(key, ticket, rest, math.max(tonumber(ticket[4]), at) + tonumber(ARGV[4]) - at)
    end
    -- Who comes once and goes is not kept for as long as could have been stayed. A logout is remembered to its end.
    local idle = #subject.sessions == 0 and subject.logout.till <= at and redis.call('HLEN', subject.key) == 3
    if idle then
      local till = math.max(at, math.ceil(subject.arrival / 1024))
      for _, it in ipairs(subject.outstanding) do till = math.max(till, it.expires) end
      subject.ends = math.min(subject.ends, till + tonumber(ARGV[4]))
    end
    write_subject(subject, at, 0, 0)
    if idle then redis.call('PEXPIRE', subject.key, int(math.max(subject.ends - at, 1))) end
    return { 'closed' }
  end
end
return { 'unknown' }
`,
)

/** Lists the live sessions of a subject: for each its ref, times, nodes of its sockets, and ticket. 1 base. */
export const LIST_SESSIONS: Script = script(
  'list-sessions',
  `
local at, found = now(), {}
for _, session in ipairs((read_sessions(redis.call('HGET', KEYS[1], 'S'), at))) do
  local nodes = {}
  for place, socket in ipairs(session.sockets) do nodes[place] = socket.node end
  local value = redis.call('GET', ARGV[1] .. 't:' .. session.ref)
  if value then
    found[#found + 1] = { session.ref, int(session.opened), int(session.deadline), table.concat(nodes, ' '), value }
  end
end
return found
`,
)

/** Checks sessions of one shard, whose tickets are the keys. 1 base, then their refs. */
export const CHECK_SESSIONS: Script = script(
  'check-sessions',
  `
local base, at, answers = ARGV[1], now(), {}
for place, key in ipairs(KEYS) do
  local ref, answer = ARGV[1 + place], { 'gone' }
  local value = redis.call('GET', key)
  if value then
    local ticket, rest = read_ticket(value)
    redis.call('EXISTS', key, base .. 'u:' .. ticket[5])
    local subject = read_subject(base .. 'u:' .. ticket[5], ticket[6], at)
    local session, generation, ended = subject.live[ref], subject.generation, subject.login_end[1]
    if session then
      local permissions = string.sub(rest, 1, string.find(rest, '\\n', 1, true) - 1)
      answer = { 'live', int(session.deadline - at), permissions }
    elseif ticket[15] ~= '-' then
      if ticket[18] ~= '-' then
        answer = { 'over', ticket[18] }
      elseif (generation and generation ~= ticket[7]) or (ended and ended >= tonumber(ticket[15])) then
        answer = { 'over', 'session_revoked' }
      end
    end
  end
  answers[place] = answer
end
return answers
`,
)
