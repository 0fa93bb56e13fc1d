import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { listen } from '../../../test/listen.js'
import { createControlServer } from './control-server.mjs'

interface Answer {
  readonly status: number | undefined
  readonly body: unknown
  readonly headers: IncomingMessage['headers']
}

const HOST = 'localhost:8080'
const ORIGIN = `http://${HOST}`
const PAGE = { host: HOST, origin: ORIGIN, 'content-type': 'application/json' }
const KILL = { action: 'kill-node', target: 'node-2' }

async function makeWorld(refusal?: string): Promise<{
  acted: string[]
  said: string[]
  call: (method: string, path: string, headers: Record<string, string>, body?: string) => Promise<Answer>
}> {
  const acted: string[] = []
  const said: string[] = []
  const server = createControlServer({
    origins: [ORIGIN, 'http://127.0.0.1:8080'],
    state: async () => ({ nodes: acted.length }),
    act: async (action, target) => {
      if (target === 'broken') throw new Error('no Redis answers')
      acted.push(`${action} ${target}`)
      return refusal
    },
    say: (line) => void said.push(line),
  })
  const { port } = await listen(server)
  const call = async (
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<Answer> => {
    const asked = request({ port, method, path, headers, agent: false })
    asked.end(body)
    const [response]: IncomingMessage[] = await once(asked, 'response')
    let text = ''
    for await (const piece of response?.setEncoding('utf8') ?? []) text += String(piece)
    return { status: response?.statusCode, headers: response?.headers ?? {}, body: JSON.parse(text) }
  }
  return { acted, said, call }
}

describe('createControlServer', () => {
  it('tells the state to pages of its address', async () => {
    const { call } = await makeWorld()
    const answer = await call('GET', '/cluster/state?x=1', { host: HOST })
    expect(answer).toMatchObject({ status: 200, body: { nodes: 0 } })
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
    expect(await call('GET', '/cluster/state', { host: '127.0.0.1:8080' })).toMatchObject({ status: 200 })
  })

  it('does what such a page asks for, and answers with the state then', async () => {
    const { call, acted } = await makeWorld()
    const answer = await call('POST', '/cluster/actions', PAGE, JSON.stringify(KILL))
    expect(answer).toMatchObject({ status: 200, body: { nodes: 1 } })
    expect(acted).toEqual(['kill-node node-2'])
  })

  it('says why it cannot be done', async () => {
    const { call } = await makeWorld('node-2 is not up.')
    const answer = await call('POST', '/cluster/actions', PAGE, JSON.stringify(KILL))
    expect(answer).toMatchObject({ status: 409, body: { status: 409, detail: 'node-2 is not up.' } })
  })

  // A page whose name an attacker makes lead to this machine is of another origin, and has another Host.
  it.each([
    ['a page of another origin', { ...PAGE, origin: 'http://evil.example' }, 403],
    ['a page that may be at its other name, but is not', { ...PAGE, origin: 'http://127.0.0.1:8080' }, 403],
    ['a page without an origin', { ...PAGE, origin: 'null' }, 403],
    ['no page at all', { host: HOST, 'content-type': 'application/json' }, 403],
    [
      'a name that was made to lead here',
      { ...PAGE, host: 'evil.example', origin: 'http://evil.example' },
      421,
    ],
    ['a form', { ...PAGE, 'content-type': 'text/plain' }, 415],
    ['no type', { host: HOST, origin: ORIGIN }, 415],
  ])('does nothing for %s', async (_who, headers, status) => {
    const { call, acted } = await makeWorld()
    expect(await call('POST', '/cluster/actions', headers, JSON.stringify(KILL))).toMatchObject({ status })
    expect(acted).toEqual([])
  })

  it('tells nothing to a name that was made to lead here', async () => {
    const { call } = await makeWorld()
    expect(await call('GET', '/cluster/state', { host: 'evil.example' })).toMatchObject({ status: 421 })
  })

  it.each([
    'not JSON',
    'null',
    '[]',
    '{"action":"kill-node"}',
    '{"action":"kill-node","target":1}',
    '{"action":"format-disk","target":"node-1"}',
  ])('takes no order %s', async (body) => {
    const { call, acted } = await makeWorld()
    expect(await call('POST', '/cluster/actions', PAGE, body)).toMatchObject({ status: 400 })
    expect(acted).toEqual([])
  })

  it('reads no more than an order', async () => {
    const { call, acted } = await makeWorld()
    const body = JSON.stringify({ ...KILL, padding: 'x'.repeat(2000) })
    expect(await call('POST', '/cluster/actions', PAGE, body)).toMatchObject({ status: 413 })
    expect(acted).toEqual([])
  })

  it('has nothing else, and takes no other methods', async () => {
    const { call } = await makeWorld()
    expect(await call('GET', '/cluster/', { host: HOST })).toMatchObject({ status: 404 })
    const state = await call('DELETE', '/cluster/state', PAGE)
    expect(state).toMatchObject({ status: 405, headers: { allow: 'GET' } })
    const actions = await call('GET', '/cluster/actions', PAGE)
    expect(actions).toMatchObject({ status: 405, headers: { allow: 'POST' } })
  })

  it('tells a defect to the terminal and not to the page', async () => {
    const { call, said } = await makeWorld()
    const order = JSON.stringify({ ...KILL, target: 'broken' })
    const answer = await call('POST', '/cluster/actions', PAGE, order)
    expect(answer.status).toBe(500)
    expect(JSON.stringify(answer.body)).not.toContain('Redis')
    expect(said).toEqual(['The cluster could not be asked: Error: no Redis answers'])
  })
})
