import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { afterThisTest } from '../test/cleanups.js'
import { listen } from '../test/listen.js'
import { within } from '../test/within.js'

const SCRIPT = fileURLToPath(new URL('start-cluster.mjs', import.meta.url))

async function start(env: Record<string, string>): Promise<{ code: unknown; output: string }> {
  const child = spawn(process.execPath, [SCRIPT], { env: { ...process.env, ...env } })
  afterThisTest(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const [code]: unknown[] = await within('the end', once(child, 'close'), 30_000)
  return { code, output }
}

// What it starts is seen in e2e/cluster.test.ts.
describe('npm run start:cluster', { timeout: 30_000 }, () => {
  it('says in one sentence that its port is taken, and starts nothing', async () => {
    const { port } = await listen(createServer())
    expect(await start({ PORT: String(port), HOST: '127.0.0.1' })).toEqual({
      code: 1,
      output: `wsticket: port ${port} on 127.0.0.1 is taken by another program. Choose another one, for example PORT=${port + 1}, or PORT=0 for any free one.\n`,
    })
  })

  it('says in one sentence which variable is wrong', async () => {
    const { code, output } = await start({ PORT: 'http' })
    expect(code).toBe(1)
    expect(output).toBe('wsticket: PORT is "http"; it must be a port from 0 to 65535. Example: 8080\n')
  })

  it('says in one sentence where a program is not', async () => {
    const { code, output } = await start({ PORT: '0', HAPROXY_PATH: '/no/such/haproxy' })
    expect(code).toBe(1)
    expect(output).toMatch(/^wsticket: HAPROXY_PATH is "\/no\/such\/haproxy"; it must be .*\n$/)
  })
})
