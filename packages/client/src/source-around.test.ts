import { expect, it } from 'vitest'
import { ScriptedSource } from '../test/scripted-source.js'
import { sourceAround } from './source-around.js'
import { ticketSource } from './ticket-source.js'

const URL = 'ws://127.0.0.1/ws'

it('does what the source does', async () => {
  const source = new ScriptedSource(() => 0)
  const around = sourceAround(source, {})
  expect(await around.take()).toMatch(/^wst1_/)
  expect(await around.protocols('chat')).toEqual([expect.stringMatching(/^wst1_/), 'chat'])
  expect(await around.url(URL)).toContain('?ticket=wst1_')
  expect((await around.grant()).ticket).toMatch(/^wst1_/)
  expect(await around.pathways?.()).toEqual(['ticket'])
  expect(await around.currentCredential?.()).toBe('opaque')
  expect(await around.renew?.('7f')).toEqual({ deadline: 0 })
  expect(await around.call?.('GET', '/path')).toEqual(['GET', '/path'])
  around.settled?.({ opened: true, pathway: 'ticket' })
  around.clear()
  expect(source).toMatchObject({ issued: 4, cleared: 1, outcomes: [{ opened: true }] })
})

it('has what the source has, and no more', () => {
  const around = sourceAround(ticketSource({ take: () => 'ticket' }), {})
  expect(Object.keys(around).sort()).toEqual(['clear', 'era', 'grant', 'protocols', 'take', 'url'])
  expect(around.era).toBeUndefined()
})

it('is as old as the source, however that is cleared', () => {
  const source = ticketSource({
    url: 'https://api.example.com/api/websocket/ticket',
    credential: () => 'jwt',
  })
  const around = sourceAround(source, {})
  expect(around.era).toBe(0)
  source.clear()
  expect(around.era).toBe(1)
})

it('takes the parts that are given instead', async () => {
  const around = sourceAround(new ScriptedSource(() => 0), { take: async () => 'mine' })
  expect(await around.take()).toBe('mine')
})
