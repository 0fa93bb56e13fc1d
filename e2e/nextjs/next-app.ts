import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { CleanupList } from '../../test/cleanups.js'
import { within } from '../../test/within.js'

const EXAMPLE = fileURLToPath(new URL('../../examples/nextjs', import.meta.url))
const NEXT = createRequire(`${EXAMPLE}/package.json`).resolve('next/dist/bin/next')
// A cold build took 40 s on two busy cores.
const BUILD_MS = 300_000
const START_MS = 30_000

/** What the example is built with. */
export type Variables = Readonly<Record<`NEXT_PUBLIC_${string}`, string>>

/** Builds the example: its variables are inlined, so that another value needs another build. */
export async function buildNext(variables: Variables): Promise<void> {
  const child = run(['build'], variables)
  const output = outputOf(child)
  await within('next build', once(child, 'exit'), BUILD_MS).finally(() => child.kill())
  if (child.exitCode !== 0) throw new Error(`next build ended with ${child.exitCode}:\n${output()}`)
  // A page that is rendered anew for each visitor would show nothing of this here, and much of it under load.
  if (!/○ \/\n/.test(output())) throw new Error(`The page is not prerendered:\n${output()}`)
}

/** Serves what was built last, until the tests are over. */
export async function startNext(cleanUp: CleanupList, port: number): Promise<string> {
  const child = run(['start', '--port', String(port), '--hostname', '127.0.0.1'], {})
  const exited = once(child, 'exit')
  cleanUp(async () => {
    child.kill()
    await exited
  })
  const output = outputOf(child)
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', () => /Ready in/.test(output()) && resolve())
    exited.then(() => reject(new Error(`next start ended:\n${output()}`)), reject)
  })
  await within('next start', ready, START_MS)
  return `http://127.0.0.1:${port}`
}

function run(args: readonly string[], variables: Variables): ChildProcess {
  return spawn(process.execPath, [NEXT, ...args], {
    cwd: EXAMPLE,
    // CI: what is missing is said, and not installed.
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      CI: '1',
      NEXT_TELEMETRY_DISABLED: '1',
      NO_COLOR: '1',
      NODE_ENV: 'production',
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function outputOf({ stdout, stderr }: ChildProcess): () => string {
  let output = ''
  for (const stream of [stdout, stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return () => output
}
