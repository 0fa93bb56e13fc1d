/**
 * What the scripts share, in the order in which it must stand; a script takes what it calls, and no more. Layout of what they read and write:
 *
 * A ticket is a string of three lines. The first has words: 1 state (`o` outstanding, `u` used, `v` voided, `r` revoked),
 * 2 kind (`s` single-use, `m` reusable), 3 issued at, 4 expires at, 5 subject, 6 login, 7 generation, 8 tenure,
 * 9 end of the credential, 10 to 13 fingerprints of audience, origin, network and cookie, 14 first redeemed at,
 * 15 session opened at, 16 address and 17 origin that opened it, 18 how the session was ended,
 * 19 whether a renewal narrowed it. `-` is none. The second
 * line has the permissions, the third is JSON that no script looks into.
 *
 * A subject is a hash. `h` has words: 1 generation, 2 second and 3 end of its last logout from everywhere, 4 theoretical
 * arrival time of the rate in 1024ths of a millisecond, 5 when the whole may be forgotten. `T` are the outstanding tickets in the order of issue
 * (`ref,expires,login,used;`), `S` the live sessions (`ref,deadline,opened,login,attempt=node&attempt=node;`), and for each
 * revoked login there is a `d:<login>` (at, until, keep). What is in `T` or `S` is there; what was taken out is over. All times
 * are Unix milliseconds by this Redis. Each call of Redis costs more than what Lua does with its answer: so few fields.
 *
 * A ticket and its subject are touched together, by one command and before the first write: in a slot that migrates, the
 * one may be here and the other there. Redis then fails that command, and nothing has happened yet.
 */
export const FUNCTIONS: Readonly<Record<string, string>> = {
  now: `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`,
  int: `
local function int(number)
  return string.format('%d', number)
end
`,
  words: `
local function words(line)
  local found = {}
  for word in string.gmatch(line, '%S+') do found[#found + 1] = word end
  return found
end
`,
  read_ticket: `
local function read_ticket(value)
  local stop = string.find(value, '\\n', 1, true)
  return words(string.sub(value, 1, stop - 1)), string.sub(value, stop + 1)
end
`,
  write_ticket: `
local function write_ticket(key, ticket, rest, life)
  redis.call('SET', key, table.concat(ticket, ' ') .. '\\n' .. rest, 'PX', int(math.max(life, 1)))
end
`,
  mark_of: `
local function mark_of(login)
  return string.sub(login, 1, 16)
end
`,
  read_outstanding: `
local function read_outstanding(text)
  local list = {}
  for ref, expires, login, used in string.gmatch(text or '', '([^,;]+),([^,;]+),([^,;]+),([^,;]+);') do
    list[#list + 1] = { ref = ref, expires = tonumber(expires), login = login, used = used }
  end
  return list
end
`,
  read_sessions: `
local function read_sessions(text, at)
  local list, found = {}, {}
  for ref, deadline, opened, login, sockets in string.gmatch(text or '', '([^,;]+),([^,;]+),([^,;]+),([^,;]+),([^,;]*);') do
    if tonumber(deadline) > at then
      local session =
        { ref = ref, deadline = tonumber(deadline), opened = tonumber(opened), login = login, sockets = {} }
      for attempt, node in string.gmatch(sockets, '([^=&]+)=([^=&]+)') do
        session.sockets[#session.sockets + 1] = { attempt = attempt, node = node }
      end
      list[#list + 1] = session
      found[ref] = session
    end
  end
  return list, found
end
`,
  numbers: `
local function numbers(text)
  local found = {}
  for word in string.gmatch(text or '', '%S+') do found[#found + 1] = tonumber(word) end
  return found
end
`,
  text_of_outstanding: `
local function text_of_outstanding(list)
  local parts = {}
  for index, it in ipairs(list) do
    parts[index] = it.ref .. ',' .. int(it.expires) .. ',' .. it.login .. ',' .. it.used .. ';'
  end
  return table.concat(parts)
end
`,
  text_of_sessions: `
local function text_of_sessions(list)
  local parts = {}
  for index, it in ipairs(list) do
    local sockets = {}
    for place, socket in ipairs(it.sockets) do sockets[place] = socket.attempt .. '=' .. socket.node end
    parts[index] = it.ref .. ',' .. int(it.deadline) .. ',' .. int(it.opened) .. ',' .. it.login .. ','
      .. table.concat(sockets, '&') .. ';'
  end
  return table.concat(parts)
end
`,
  read_subject: `
local function read_subject(key, login, at)
  local known = redis.call('HMGET', key, 'h', 'T', 'S', 'd:' .. login)
  local head = words(known[1] or '')
  local sessions, live = read_sessions(known[3], at)
  return {
    key = key,
    generation = head[1],
    logout = { second = tonumber(head[2] or 0), till = tonumber(head[3] or 0) },
    arrival = tonumber(head[4] or 0),
    ends = tonumber(head[5] or 0),
    outstanding = read_outstanding(known[2]),
    sessions = sessions,
    live = live,
    login_end = numbers(known[4]),
  }
end
`,
  write_subject: `
-- Keeps it until a time at least. With slack, so that the next one need not prolong it again.
local function write_subject(subject, at, till, slack)
  local prolonged = till > subject.ends
  if prolonged then subject.ends = till + slack end
  local logout = subject.logout
  redis.call('HSET', subject.key,
    'h', subject.generation .. ' ' .. int(logout.second) .. ' ' .. int(logout.till) .. ' '
      .. int(subject.arrival) .. ' ' .. int(subject.ends),
    'T', text_of_outstanding(subject.outstanding), 'S', text_of_sessions(subject.sessions))
  if prolonged then redis.call('PEXPIRE', subject.key, int(math.max(subject.ends - at, 1))) end
end
`,
  without: `
local function without(list, ref)
  local rest = {}
  for _, it in ipairs(list) do
    if it.ref ~= ref then rest[#rest + 1] = it end
  end
  return rest
end
`,
  position: `
local function position(list, ref)
  for index, it in ipairs(list) do
    if it.ref == ref then return index end
  end
end
`,
  again: `
-- WAIT covers what its own connection wrote: what was written by another one before is written again.
local function again(key, waits)
  if waits == '1' then redis.call('PEXPIRE', key, redis.call('PTTL', key)) end
end
`,
  session_deadline: `
local function session_deadline(credential_end, opened, longest, skew)
  local deadline = opened + longest
  if credential_end ~= '-' then deadline = math.min(deadline, tonumber(credential_end) + skew) end
  return deadline
end
`,
  overtaken: `
-- Whether a logout has overtaken a credential: nil if none has.
local function overtaken(subject, issued, at)
  local ended, logout = subject.login_end, subject.logout
  if ended[2] and ended[2] > at then return { 'revoked' } end
  if logout.till <= at or issued == '-' then return nil end
  local second = tonumber(issued)
  if second > logout.second then return nil end
  if second < logout.second then return { 'revoked' } end
  return { 'too_soon', int(math.max((logout.second + 1) * 1000 - at, 1)) }
end
`,
  tenure: `
-- The time during which this process is the master; empty where it is none. Plain finds: patterns take long here.
local function tenure()
  local info = redis.call('INFO', 'replication')
  if not string.find(info, 'role:master', 1, true) then return '' end
  local name = 'master_replid:'
  local start = string.find(info, name, 1, true)
  return start and string.sub(info, start + #name, start + #name + 39) or ''
end
`,
  state_of: `
-- Where a ticket stands, given what is known of its subject.
local function state_of(ticket, ref, subject, at)
  if ticket[1] == 'u' then return 'used' end
  if ticket[1] == 'v' then return 'voided' end
  if ticket[1] == 'r' then return 'revoked' end
  local generation, ended = subject.generation, subject.login_end[1]
  if generation and generation ~= ticket[7] then return 'revoked' end
  if ended and ended >= tonumber(ticket[3]) then return 'revoked' end
  if tonumber(ticket[4]) <= at then return 'expired' end
  if not generation or not position(subject.outstanding, ref) then return 'voided' end
  if ticket[2] == 's' and ticket[8] ~= '-' and ticket[8] ~= tenure() then return 'voided' end
  return 'outstanding'
end
`,
  sum_expiries: `
-- How many of a shard have expired unused; sums up what has passed, so that it takes no room.
local function sum_expiries(key, span, at)
  local all, total, passed = redis.call('HGETALL', key), 0, {}
  for place = 1, #all, 2 do
    if all[place] == 'n' then
      total = total + tonumber(all[place + 1])
    elseif (tonumber(all[place]) + 1) * span <= at then
      total = total + tonumber(all[place + 1])
      passed[#passed + 1] = all[place]
    end
  end
  if #passed > 0 then
    redis.call('HSET', key, 'n', int(total))
    for _, span_passed in ipairs(passed) do redis.call('HDEL', key, span_passed) end
  end
  return total
end
`,
  count_expiry: `
-- Counts tickets that are to expire in a span of time, or no longer. Counting must not stand in the way of the rest.
local function count_expiry(base, span, expires, by, at)
  -- While a slot migrates, the count may be elsewhere: made anew here, it would be in the way of the one that comes.
  if type(redis.pcall('EXISTS', base .. 'x', KEYS[1])) ~= 'number' then return end
  local count = redis.pcall('HINCRBY', base .. 'x', int(math.floor(expires / span)), by)
  -- The first of its span: now and then, so that it is cheap.
  if by > 0 and count == by and redis.call('HLEN', base .. 'x') > 400 then sum_expiries(base .. 'x', span, at) end
end
`,
}
