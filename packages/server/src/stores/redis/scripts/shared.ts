import { type Script, script } from './script.js'

/**
 * Announces. Each entry names the one before it, so that a reader can prove that it missed none. 1 the notice, 2 how
 * many to keep, 3 for how long.
 */
export const ANNOUNCE: Script = script(
  'announce',
  `
local before = '0-0'
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for place = 1, #info, 2 do
    if info[place] == 'last-generated-id' then before = info[place + 1] end
  end
end
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'p', before, 'n', ARGV[1])
redis.call('XTRIM', KEYS[1], 'MINID', '~', int(now() - tonumber(ARGV[3])))
return id
`,
)

/**
 * Reads on. 1 the entry that was read last, or nothing, 2 how many at the most, 3 a random number, so that a stream that
 * begins anew in the same millisecond is known to be another one. Gives where to read on, whether something
 * may have been missed, and the notices.
 */
export const READ_NOTICES: Script = script(
  'read-notices',
  `
local key, cursor = KEYS[1], ARGV[1]
if redis.call('EXISTS', key) == 0 then redis.call('XADD', key, int(now()) .. '-' .. ARGV[3], 'p', '0-0') end
local last = '0-0'
local info = redis.call('XINFO', 'STREAM', key)
for place = 1, #info, 2 do
  if info[place] == 'last-generated-id' then last = info[place + 1] end
end
if cursor == '' or cursor == last then return { last, '0' } end
if not string.match(cursor, '^%d+%-%d+$') then return { last, '1' } end
local answer, expected = { last, '0' }, cursor
local entries = redis.call('XRANGE', key, '(' .. cursor, '+', 'COUNT', ARGV[2])
if #entries == 0 then return { last, '1' } end
for _, entry in ipairs(entries) do
  local fields = {}
  for place = 1, #entry[2], 2 do fields[entry[2][place]] = entry[2][place + 1] end
  if fields['p'] ~= expected then return { last, '1' } end
  expected = entry[1]
  if fields['n'] then answer[#answer + 1] = fields['n'] end
end
answer[1] = expected
return answer
`,
)

/** Holds a node's lease and gives all that have one. 1 node, 2 lease. */
export const KEEP_NODE: Script = script(
  'keep-node',
  `
local at, lease = now(), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', int(at))
redis.call('ZADD', KEYS[1], int(at + lease), ARGV[1])
redis.call('PEXPIRE', KEYS[1], int(lease))
return redis.call('ZRANGE', KEYS[1], 0, -1)
`,
)

/**
 * Gives the seal keys: the one for new tickets, then those still accepted. Makes one if there is none, and a new one when
 * the present one is old; keys that the caller knows and this Redis does not are accepted again.
 *
 * 1 candidate, 2 keys that the caller knows, the present one first, 3 how long one is the present one, 4 how long a former one
 * is accepted.
 */
export const SEAL_KEYS: Script = script(
  'seal-keys',
  `
local at, accept, changed = now(), tonumber(ARGV[4]), false
local list, have, gone = {}, {}, {}
for text, since, till in string.gmatch(redis.call('GET', KEYS[1]) or '', '(%x+):(%d+):(%d+)') do
  local it = { text = text, since = tonumber(since), till = tonumber(till) }
  have[text] = true
  if it.till == 0 or it.till > at then
    list[#list + 1] = it
  elseif it.till + accept > at then
    -- Nodes may still have it, and must not bring it back.
    gone[#gone + 1] = it
  else
    changed = true
  end
end
for _, text in ipairs(words(ARGV[2])) do
  if not have[text] then
    list[#list + 1] = { text = text, since = at, till = #list == 0 and 0 or at + accept }
    changed, have[text] = true, true
  end
end
if #list == 0 or at - list[1].since >= tonumber(ARGV[3]) then
  if list[1] then list[1].till = at + accept end
  table.insert(list, 1, { text = ARGV[1], since = at, till = 0 })
  changed = true
end
local texts, parts = {}, {}
for place, it in ipairs(list) do texts[place] = it.text end
for _, it in ipairs(gone) do list[#list + 1] = it end
for place, it in ipairs(list) do parts[place] = it.text .. ':' .. int(it.since) .. ':' .. int(it.till) end
if changed then redis.call('SET', KEYS[1], table.concat(parts, ' ')) end
return texts
`,
)

/** How many tickets of some shards have expired unused. Sums up what has passed. 1 span. */
export const COUNT_EXPIRED: Script = script(
  'count-expired',
  `
local at, span, sum = now(), tonumber(ARGV[1]), 0
for _, key in ipairs(KEYS) do sum = sum + sum_expiries(key, span, at) end
return int(sum)
`,
)

/** What this Redis is: sections of INFO, or the error that it gives instead. 1 section. */
export const PROBE: Script = script(
  'probe',
  `
local info = redis.pcall('INFO', ARGV[1])
if type(info) == 'table' then return { 'error', info.err } end
return { 'info', info }
`,
)
