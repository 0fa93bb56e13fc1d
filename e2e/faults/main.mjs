/** `npm run faults`: the long run of the fault laboratory. */
import { fileURLToPath } from 'node:url'
import { orExplain } from '../../scripts/lib/explain.mjs'
import { prepare } from '../../scripts/lib/prepare.mjs'
import { findPrograms, SERVERS } from '../../scripts/lib/system-packages.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const say = (/** @type {string} */ line) => {
  process.stdout.write(`${line}\n`)
}

await orExplain(async () => {
  const redis = SERVERS.filter(({ debian }) => debian.startsWith('redis'))
  Object.assign(process.env, await findPrograms(redis, { say, who: 'the fault laboratory needs' }))
  await prepare(root, { say })
  // Not there on a fresh clone before.
  const { runnerImport } = await import('vite')
  // Written in TypeScript like all tests, and run without a test runner, which would give it a deadline.
  /** @type {{ module: typeof import('./main.js') }} */
  const { module } = await runnerImport(fileURLToPath(new URL('./main.ts', import.meta.url)), {
    root,
    configFile: false,
    logLevel: 'warn',
  })
  const code = await module.main(process.argv.slice(2), say)
  // All that was started has ended; a connection that still has to notice must not keep anybody waiting for the verdict.
  process.exit(code)
})
