import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { until } from './until.mjs'

const LAUNCHER = fileURLToPath(new URL('./redis-server.mjs', import.meta.url))
/** Starts two servers, ends one of them itself, says what there is, and then does what is said. */
const PARENT = `
import { startRedisServers } from ${JSON.stringify(LAUNCHER)}
const [gone, redis] = await startRedisServers(2, { proxied: true })
await gone.stop()
await redis.restart()
console.log(JSON.stringify({ pid: redis.pid, folder: redis.folder }))
`

async function parentThat(does: string) {
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', `${PARENT}\n${does}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const exited = once(parent, 'exit')
  const [line] = await once(createInterface(parent.stdout), 'line')
  const child = JSON.parse(line) as { pid: number; folder: string }
  return { parent, exited, ...child }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Where nobody collects orphans at once, they stay in the list of processes for a while, dead. */
async function isDead(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return true
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ' Z ')
  return / Z /.test(stat)
}

/** Each starts a Node and three servers, on a machine that may be busy. */
describe('endWithParent', { timeout: 30_000 }, () => {
  it.each([
    ['leaves by process.exit', 'process.exit(0)'],
    ['dies of an exception', "setTimeout(() => { throw new Error('for this test') })"],
    ['is killed by SIGTERM', "process.kill(process.pid, 'SIGTERM')"],
    ['is killed by SIGINT', "process.kill(process.pid, 'SIGINT')"],
    ['is killed by SIGKILL, and hears nothing of it', "process.kill(process.pid, 'SIGKILL')"],
  ])('leaves no server and no folder when the parent %s', async (_how, does) => {
    const { exited, pid, folder } = await parentThat(does)
    await exited
    await until('the server to be gone', () => isDead(pid))
    await until('its folder to be gone', () =>
      access(folder).then(
        () => false,
        () => true,
      ),
    )
  })

  it('ends a server that is paused, too', async () => {
    const { exited, pid } = await parentThat("redis.pause(); process.kill(process.pid, 'SIGKILL')")
    await exited
    await until('the server to be gone', () => isDead(pid))
  })

  it('lets the parent end by itself when its servers are stopped', async () => {
    const { exited } = await parentThat('await redis.stop()')
    expect(await exited).toEqual([0, null])
  })
})
