import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { collect, completed, streamedText } from '../../test/collect.js'
import { type Agent, createAgent } from './agent.js'
import type { AgentEvent } from './events.js'
import { createLibrary, readDocuments } from './library.js'
import { plannedBrain } from './planned-brain.js'
import { createToolbox, type Toolbox } from './tools.js'

const NOON = Date.UTC(2030, 0, 1, 12)

let toolbox: Toolbox
let agent: Agent
beforeAll(async () => {
  const folder = fileURLToPath(new URL('../../test/documents', import.meta.url))
  toolbox = createToolbox({ library: createLibrary(await readDocuments(folder)), now: () => NOON })
  agent = createAgent({ brain: plannedBrain({ toolbox, pause: async () => undefined }) })
})

const ask = async (text: string): Promise<AgentEvent[]> => await collect(agent.run({ messageId: 'm', text }))
const answer = async (text: string): Promise<string> => completed(await ask(text)).text

describe('an answer from the documents', () => {
  it('quotes the passage, names file and heading, and gives its source', async () => {
    const events = await ask('What is a tenure fence?')
    expect(completed(events)).toMatchObject({
      text: expect.stringMatching(
        /^From docs\/redis\.md, "Tenure fence":\n\n> A tenure fence makes sure that only the process that issued/,
      ) as unknown,
      sources: expect.arrayContaining([
        { title: 'Redis › Tenure fence', file: 'docs/redis.md', anchor: 'tenure-fence' },
      ]) as unknown,
    })
    expect(events.map((event) => event.type).filter((type) => type !== 'text_delta')).toEqual([
      'agent_started',
      'agent_thinking',
      'tool_executing',
      'tool_completed',
      'agent_completed',
    ])
  })

  it('takes the row of a table that says it', async () => {
    expect(await answer('Which close code when a session expired?')).toContain(
      '> session_expired — 3008 — refresh the JWT',
    )
  })

  it('takes items of a list by themselves', async () => {
    expect(await answer('does redis replicate asynchronously')).toMatch(
      /^> - Redis replicates asynchronously/m,
    )
  })

  it('shows code as it stands', async () => {
    expect(await answer('npm start')).toContain('> # not a heading\n> npm start')
  })

  it('shows pipes that a table had to escape', async () => {
    expect(await answer('pipes')).toContain('> a|b — 1 — pipes')
  })

  it('names further places to read', async () => {
    expect(await answer('wsticket tickets')).toMatch(/See also:\n- /)
  })

  it('says so when there is nothing', async () => {
    expect(await answer('What is the best pizza in Rome?')).toMatch(
      /^I found nothing about "What is the best pizza in Rome" in the documents/,
    )
    expect(await answer('what is it?')).toMatch(/^I found nothing about this in the documents/)
  })
})

describe('other answers', () => {
  it('calculates', async () => {
    const events = await ask('12*(7+5)')
    expect(completed(events).text).toBe('12*(7+5) = 144')
    expect(completed(events)).not.toHaveProperty('sources')
    expect(events.find((event) => event.type === 'tool_executing')).toMatchObject({
      tool: 'calculate',
      input: { expression: '12*(7+5)' },
    })
  })

  it('says what is wrong with a calculation', async () => {
    expect(await answer('12*(7+')).toBe('I cannot calculate 12*(7+: The expression ends too early.')
    expect(await answer(`1+${'1'.repeat(600)}`)).toMatch(
      /^I cannot calculate 1\+1*…?: The expression is longer than 500/,
    )
  })

  it('tells the time', async () => {
    expect(await answer('What time is it in tokyo?')).toBe(
      'In Tokyo it is 21:00 on Tuesday, 1 January 2030 (Asia/Tokyo, GMT+9).',
    )
    expect(await answer('what time is it')).toBe('It is 12:00 on Tuesday, 1 January 2030 (UTC).')
    expect(await answer('what time is it in Atlantis')).toMatch(
      /^No time zone is known for "Atlantis"\. Name a larger/,
    )
  })

  it('greets with all five kinds of event and what it can do', async () => {
    const events = await ask('Hello!')
    const types = new Set(events.map((event) => event.type))
    expect([...types].sort()).toEqual([
      'agent_completed',
      'agent_started',
      'agent_thinking',
      'text_delta',
      'tool_completed',
      'tool_executing',
    ])
    expect(completed(events).text).toMatch(/^Hello! I answer over a WebSocket/)
    expect(completed(events).text).toContain('From README.md, "wsticket":'.replace('From', 'from'))
    expect(completed(events).sources).toEqual([{ title: 'wsticket', file: 'README.md', anchor: 'wsticket' }])
  })

  it('greets without documents too', async () => {
    const empty = createToolbox({ library: createLibrary([]) })
    const bare = createAgent({ brain: plannedBrain({ toolbox: empty, pause: async () => undefined }) })
    const events = await collect(bare.run({ messageId: 'm', text: 'hi' }))
    expect(completed(events).text).toMatch(/tell the time: "What time is it in Tokyo\?"$/)
  })

  it('answers each part of a question', async () => {
    expect(await answer('what is 3 plus 4 and what is a flamingo?')).toMatch(
      /^3 \+ 4 = 7\n\nAbout ".*flamingo" I found nothing in the documents\.$/,
    )
  })
})

it('streams in pieces that make the whole', async () => {
  for (const text of ['What is a tenure fence?', 'hello', 'npm start', '💥']) {
    const events = await ask(text)
    expect(events.filter((event) => event.type === 'text_delta').length).toBeGreaterThan(3)
    expect(streamedText(events)).toBe(completed(events).text)
  }
})

it('pauses for real unless told otherwise, and stops in a pause', async () => {
  const real = createAgent({ brain: plannedBrain({ toolbox }) })
  const stop = new AbortController()
  const events: AgentEvent[] = []
  for await (const event of real.run({ messageId: 'm', text: 'hello', signal: stop.signal })) {
    events.push(event)
    if (event.type === 'text_delta') stop.abort()
  }
  expect(completed(events)).toMatchObject({ text: streamedText(events), error: { code: 'run_stopped' } })
})
