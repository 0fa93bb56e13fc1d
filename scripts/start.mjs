/**
 * `npm start`: from a fresh clone to the chat on http://localhost:8080. Uses Node alone, as nothing is installed yet.
 */
import { fileURLToPath, pathToFileURL } from 'node:url'
import { orExplain } from './lib/explain.mjs'
import { nodeComplaint } from './lib/node-version.mjs'
import { prepare } from './lib/prepare.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

await orExplain(async () => {
  const complaint = nodeComplaint(process.versions.node)
  if (complaint !== undefined) throw new Error(complaint)
  await prepare(root, { say: console.log })
})

process.env.NODE_ENV ??= 'development'
// npm hands a signal to the shell between it and us, which dies of it without a word: whoever stopped `npm start` would
// leave a server behind that still holds the port.
if (process.env.npm_lifecycle_event === 'start') {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 200)
  watch.unref()
}
// In this very process: signals and the exit code are the server's own, with nobody in between to lose them.
const server = fileURLToPath(new URL('../examples/chat/dist/server/server/main.js', import.meta.url))
process.argv[1] = server
await import(pathToFileURL(server).href)
