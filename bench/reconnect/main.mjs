/**
 * `npm run bench:reconnect`: a server that is ended and started again a hundred times, while clients of TicketSocket, partysocket
 * and reconnecting-websocket talk to it from real Chromium, side by side.
 *
 * RESTARTS (100) and CLIENTS (5, of each) change how many there are.
 */
import { fileURLToPath } from 'node:url'
import { orExplain } from '../../scripts/lib/explain.mjs'
import { prepare } from '../../scripts/lib/prepare.mjs'
import { BROWSERS, findPrograms } from '../../scripts/lib/system-packages.mjs'

const restarts = Number(process.env.RESTARTS ?? 100)
const clients = Number(process.env.CLIENTS ?? 5)
const root = fileURLToPath(new URL('../..', import.meta.url))
const say = (/** @type {string} */ line) => console.log(line)

await orExplain(async () => {
  const chromium = BROWSERS.filter(({ debian }) => debian === 'chromium')
  Object.assign(process.env, await findPrograms(chromium, { say, who: '`npm run bench:reconnect` needs' }))
  await prepare(root, { say })
  // Not there on a fresh clone before.
  const { runnerImport } = await import('vite')
  // Written in TypeScript like the page that it runs, and its short form is a test.
  /** @type {{ module: typeof import('./main.js') }} */
  const { module } = await runnerImport(fileURLToPath(new URL('./main.ts', import.meta.url)), {
    root,
    configFile: false,
    logLevel: 'warn',
  })
  process.exit(await module.main(say, { restarts, clients }))
})
