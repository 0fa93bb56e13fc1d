/**
 * What the scripts share, in the order in which it must stand; a script takes what it calls, and no more. Layout of what they read and write:
 *
 * A ticket is a string of three lines. The first has words: 1 state (`o` outstanding, `u` used, `v` voided, `r` revoked),
 * 2 kind (`s` single-use, `m` reusable), 3 issued at, 4 expires at, 5 subject, 6 login, 7 generation, 8 tenure,
 * 9 end of the credential, 10 to 13 fingerprints of audience, origin, network and cookie, 14 first redeemed at,
 * 15 session opened at, 16 address and 17 origin that opened it, 18 how the session was ended. `-` is none. The second
 * line has the permissions, the third is JSON that no script looks into.
 *
 * A subject is a hash: `g` generation, `l` logout from everywhere (second, until), `r` theoretical arrival time of the
 * rate, `T` outstanding tickets in the order of issue (`ref,expires,login,used;`), `S` live sessions
 * (`ref,deadline,opened,login,attempt=node&attempt=node;`), and for each revoked login `d:<login>` (at, until, keep).
 * What is in `T` or `S` is there; what was taken out is over. All times are Unix milliseconds by this Redis.
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
  return string.format('%.0f', number)
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
  keep_subject: `
local function keep_subject(key, life)
  if redis.call('PTTL', key) < life then redis.call('PEXPIRE', key, int(math.max(life, 1))) end
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
  write_outstanding: `
local function write_outstanding(key, list)
  if #list == 0 then return redis.call('HDEL', key, 'T') end
  local parts = {}
  for index, it in ipairs(list) do
    parts[index] = it.ref .. ',' .. int(it.expires) .. ',' .. it.login .. ',' .. it.used .. ';'
  end
  redis.call('HSET', key, 'T', table.concat(parts))
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
  write_sessions: `
local function write_sessions(key, list)
  if #list == 0 then return redis.call('HDEL', key, 'S') end
  local parts = {}
  for index, it in ipairs(list) do
    local sockets = {}
    for place, socket in ipairs(it.sockets) do sockets[place] = socket.attempt .. '=' .. socket.node end
    parts[index] = it.ref .. ',' .. int(it.deadline) .. ',' .. int(it.opened) .. ',' .. it.login .. ','
      .. table.concat(sockets, '&') .. ';'
  end
  redis.call('HSET', key, 'S', table.concat(parts))
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
  numbers: `
local function numbers(text)
  local found = {}
  for word in string.gmatch(text or '', '%S+') do found[#found + 1] = tonumber(word) end
  return found
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
local function overtaken(logout, login_end, issued, at)
  local ended = numbers(login_end)
  if ended[2] and ended[2] > at then return { 'revoked' } end
  local everywhere = numbers(logout)
  if not everywhere[1] or everywhere[2] <= at or issued == '-' then return nil end
  local second = tonumber(issued)
  if second > everywhere[1] then return nil end
  if second < everywhere[1] then return { 'revoked' } end
  return { 'too_soon', int(math.max((everywhere[1] + 1) * 1000 - at, 1)) }
end
`,
  tenure: `
-- The time during which this process is the master; empty where it is none.
local function tenure()
  local info = redis.call('INFO', 'replication')
  if string.match(info, 'role:(%a+)') ~= 'master' then return '' end
  return string.match(info, 'master_replid:(%x+)') or ''
end
`,
  state_of: `
-- Where a ticket stands, given what its subject has: generation, outstanding tickets, end of its login.
local function state_of(ticket, ref, generation, outstanding, login_end, at)
  if ticket[1] == 'u' then return 'used' end
  if ticket[1] == 'v' then return 'voided' end
  if ticket[1] == 'r' then return 'revoked' end
  if generation and generation ~= ticket[7] then return 'revoked' end
  local ended = numbers(login_end)
  if ended[1] and ended[1] >= tonumber(ticket[3]) then return 'revoked' end
  if tonumber(ticket[4]) <= at then return 'expired' end
  if not generation or not position(outstanding, ref) then return 'voided' end
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
  local count = redis.pcall('HINCRBY', base .. 'x', int(math.floor(expires / span)), by)
  -- The first of its span: now and then, so that it is cheap.
  if by > 0 and count == by and redis.call('HLEN', base .. 'x') > 400 then sum_expiries(base .. 'x', span, at) end
end
`,
}
