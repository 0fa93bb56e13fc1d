import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { afterThisTest } from '../../../test/cleanups.js'
import { temporaryFolder } from '../../../test/temporary-folder.js'
import { ChatNode } from './chat-node.mjs'
import { Happenings, happeningLine } from './happenings.mjs'

/** Stands for the chat: says its environment and that it serves, and ends when it is asked to. */
const SERVER = `
  console.log('env ' + process.env.NODE_NAME + ' ' + process.env.PORT + ' ' + process.env.HOST)
  console.log('wsticket chat: http://localhost:' + process.env.PORT)
  process.on('SIGTERM', () => process.exit(0))
  setInterval(() => {}, 1000)`
const SLOW_MS = 20_000

async function makeNode(server = SERVER): Promise<{ node: ChatNode; told: string[]; said: string[] }> {
  const folder = await temporaryFolder({ 'main.cjs': server })
  const told: string[] = []
  const said: string[] = []
  const node = new ChatNode({
    name: 'node-1',
    port: 1234,
    main: join(folder, 'main.cjs'),
    env: { PATH: process.env.PATH },
    happenings: new Happenings((happening) => told.push(happeningLine(happening))),
    say: (line) => said.push(line),
    restartAfterMs: 1,
  })
  afterThisTest(() => node.stop())
  return { node, told, said }
}

describe('ChatNode', { timeout: SLOW_MS }, () => {
  const until = (is: () => boolean): Promise<boolean> => vi.waitUntil(is, { timeout: SLOW_MS / 2 })

  it('is up once it says that it serves, and has its name and place', async () => {
    const { node, said, told } = await makeNode()
    expect(node.state).toBe('down')
    await node.start()
    expect(node).toMatchObject({ state: 'up', name: 'node-1', port: 1234, returnsAt: undefined })
    expect(said).toEqual(['env node-1 1234 127.0.0.1'])
    expect(told).toEqual([])
  })

  it('comes back by itself after it was killed', async () => {
    const { node, told } = await makeNode()
    await node.start()
    const first = node.pid
    await node.kill()
    await until(() => told.length === 2)
    expect(node.state).toBe('up')
    expect(node.pid).not.toBe(first)
    expect(told[0]).toBe('node-1 was killed')
    expect(told[1]).toMatch(/^node-1 is back, after [\d.]+ s$/)
  })

  it('comes back by itself after it was drained, or ended by itself', async () => {
    const { node, told } = await makeNode()
    await node.start()
    node.drain()
    expect(node.state).toBe('draining')
    await until(() => node.state === 'up')
    process.kill(node.pid ?? 0, 'SIGKILL')
    await until(() => told.length === 5)
    expect(told.map((line) => line.replace(/, after .*/, ''))).toEqual([
      'node-1 is told to end: it sends its sockets elsewhere',
      'node-1 has ended',
      'node-1 is back',
      'node-1 ended by itself',
      'node-1 is back',
    ])
  })

  it('says why it does not start, and tries again only once it has been up', async () => {
    const { node } = await makeNode(`console.error('the store is not there'); process.exit(1)`)
    await expect(node.start()).rejects.toThrow(/node-1 ended instead of starting\.\nthe store is not there/)
    expect(node).toMatchObject({ state: 'down', pid: undefined, returnsAt: undefined })
  })

  it('goes on trying when it cannot come back at once', async () => {
    const folder = await temporaryFolder()
    const mark = JSON.stringify(join(folder, 'mark'))
    // Starts, fails twice, and starts again.
    const { node, told, said } = await makeNode(`
      const { appendFileSync, readFileSync } = require('fs')
      appendFileSync(${mark}, 'x')
      const times = readFileSync(${mark}, 'utf8').length
      if (times === 2 || times === 3) process.exit(1)
      ${SERVER}`)
    await node.start()
    await node.kill()
    await until(() => told.length === 2)
    expect(said.filter((line) => line.includes('ended instead of starting'))).toHaveLength(2)
    expect(node.state).toBe('up')
  })

  it('stays away once it was stopped', async () => {
    const { node, told } = await makeNode()
    await node.start()
    await node.stop()
    expect(node).toMatchObject({ state: 'down', pid: undefined, returnsAt: undefined })
    expect(told).toEqual([])
  })

  it('leaves nothing behind when it is stopped on its way back', async () => {
    const { node } = await makeNode()
    await node.start()
    await node.kill()
    // On a busy machine it may be there already when one looks.
    await until(() => node.state === 'starting' || node.state === 'up')
    await node.stop()
    expect(node).toMatchObject({ state: 'down', pid: undefined })
  })
})
