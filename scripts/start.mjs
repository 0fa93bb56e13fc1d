/**
 * `npm start`: from a fresh clone to the chat on http://localhost:8080. Uses Node alone, as nothing is installed yet.
 */
import { fileURLToPath, pathToFileURL } from 'node:url'
import { orExplain } from './lib/explain.mjs'
import { followNpm } from './lib/follow-npm.mjs'
import { nodeComplaint } from './lib/node-version.mjs'
import { prepare } from './lib/prepare.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

await orExplain(async () => {
  const complaint = nodeComplaint(process.versions.node)
  if (complaint !== undefined) throw new Error(complaint)
  await prepare(root, { say: console.log })
})

process.env.NODE_ENV ??= 'development'
followNpm('start')
// In this very process: signals and the exit code are the server's own, with nobody in between to lose them.
const server = fileURLToPath(new URL('../examples/chat/dist/server/server/main.js', import.meta.url))
process.argv[1] = server
await import(pathToFileURL(server).href)
