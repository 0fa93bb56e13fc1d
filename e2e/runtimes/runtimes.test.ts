import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createWsticket, memoryStore } from '@wsticket/server'
import { ticketRoutes } from '@wsticket/server/node-http'
import { admitUpgrades } from '@wsticket/server/ws'
import { rolldown } from 'rolldown'
import { beforeAll, describe, expect, it } from 'vitest'
import { afterAllTests } from '../../test/cleanups.js'
import { listen } from '../../test/listen.js'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const ENTRIES = {
  transitions: `${ROOT}packages/client/test/portable/transitions.ts`,
  reconnects: `${ROOT}e2e/runtimes/reconnects.ts`,
}
const LOSSES = 3
const run = promisify(execFile)
const cleanUp = afterAllTests()

/** Each runs the same two files; what they need is bundled, but for what a runtime brings. */
const RUNTIMES = [
  ['Node', process.execPath, []],
  ['Bun', `${ROOT}node_modules/.bin/bun`, ['run']],
  ['Deno', `${ROOT}node_modules/.bin/deno`, ['run', '--allow-all', '--no-config', '--no-lock']],
] as const

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wsticket-runtimes-'))
  cleanUp(() => rm(folder, { recursive: true, force: true }))
  for (const [entry, input] of Object.entries(ENTRIES)) {
    const bundle = await rolldown({
      input,
      platform: 'node',
      // A test file is all side effects.
      treeshake: false,
      resolve: { alias: { vitest: `${ROOT}packages/client/test/portable/tiny-vitest.ts` } },
    })
    await bundle.write({ dir: `${folder}/${entry}`, format: 'esm', entryFileNames: 'main.mjs' })
    await bundle.close()
  }
})

async function lastLine(command: string, args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(command, [...args], {
    cwd: folder,
    timeout: 60_000,
    // Nothing is looked for outside, and nothing is left behind.
    env: { ...process.env, DENO_DIR: `${folder}/deno`, DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' },
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}

describe.each(RUNTIMES)('On %s', (_name, command, args) => {
  it('the transition suite passes', async () => {
    const report = await lastLine(command, [...args, `${folder}/transitions/main.mjs`])
    expect(report).toEqual({ passed: expect.any(Number), failed: [] })
    expect(Number(Object(report).passed)).toBeGreaterThan(300)
  })

  it.each([
    ['a TicketSocket', false],
    ['one of the core', true],
  ])(`%s comes back ${LOSSES} times, each time with a fresh ticket`, async (_which, core) => {
    const wsticket = createWsticket({
      store: memoryStore(),
      authenticate: async () => ({ subject: 'ada', permissions: [], claims: {} }),
      origins: [],
    })
    const redeemed: string[] = []
    wsticket.events.on('ticket.redeemed', ({ ref }) => redeemed.push(ref))
    const received: string[] = []
    const server = createServer(ticketRoutes(wsticket))
    admitUpgrades(server, wsticket, { path: '/ws' }, (socket) => {
      socket.on('message', (data) => {
        const text = String(data)
        if (text === 'cut me') return socket.terminate()
        received.push(text)
        socket.send(text)
      })
    })
    const { http, ws } = await listen(server)
    const order = {
      url: `${ws}/ws`,
      ticketUrl: `${http}/api/websocket/ticket`,
      credential: 'a credential',
      losses: LOSSES,
      core,
    }
    const outcome = await lastLine(command, [...args, `${folder}/reconnects/main.mjs`, JSON.stringify(order)])
    expect(outcome).toMatchObject({ opened: LOSSES + 1, code: 1000 })
    expect(new Set(redeemed).size).toBe(LOSSES + 1)
    expect(received).toEqual(Array.from({ length: LOSSES + 1 }, (_each, index) => `hello ${index + 1}`))
    await wsticket.close()
  })
})
