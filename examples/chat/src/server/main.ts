import { fileURLToPath } from 'node:url'
import { run } from './run.js'

// Both lie where the build puts them, seen from `dist/server/server`.
const server = await run({
  environment: process.env,
  documents: fileURLToPath(new URL('../../../../../', import.meta.url)),
  page: fileURLToPath(new URL('../../page/', import.meta.url)),
  print: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
})

if (server === undefined) process.exitCode = 1
else {
  let stopping = false
  const stop = (): void => {
    // Who asks twice is in a hurry.
    if (stopping) process.exit(1)
    stopping = true
    server.close().catch((error: unknown) => {
      process.stderr.write(`wsticket: the chat did not stop cleanly: ${String(error)}\n`)
      process.exitCode = 1
    })
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}
