/**
 * `npm run start:cluster`: three nodes of the chat behind one address, on a Redis Cluster, with buttons on the page that
 * kill a node or fail a master over. It is for looking at, and nothing for strangers to reach.
 */
import { fileURLToPath } from 'node:url'
import { readAddress, takeAddress } from './lib/cluster/address.mjs'
import { startCluster } from './lib/cluster/cluster.mjs'
import { explain, orExplain } from './lib/explain.mjs'
import { followNpm } from './lib/follow-npm.mjs'
import { nodeComplaint } from './lib/node-version.mjs'
import { prepare } from './lib/prepare.mjs'
import { findPrograms, SERVERS } from './lib/system-packages.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const main = fileURLToPath(new URL('../examples/chat/dist/server/server/main.js', import.meta.url))
const say = (/** @type {string} */ line) => console.log(line)

await orExplain(async () => {
  const complaint = nodeComplaint(process.versions.node)
  if (complaint !== undefined) throw new Error(complaint)
  // First of all: nobody should wait for an install to hear that the port is taken.
  const address = await takeAddress(readAddress(process.env))
  const programs = await findPrograms(SERVERS, { say, who: '`npm run start:cluster` needs' })
  await prepare(root, { say })

  // From here on there is something to end.
  /** @type {import('./lib/cluster/cluster.mjs').Cluster | undefined} */
  let cluster
  let stopping = false
  const stop = (/** @type {number} */ code) => {
    // Before everything is up there is nothing worth an orderly end; and who asks twice is in a hurry. What was started
    // ends with us.
    if (stopping || cluster === undefined) process.exit(1)
    stopping = true
    cluster.stop().then(
      () => process.exit(code),
      (/** @type {unknown} */ error) => {
        explain(error)
        process.exit(1)
      },
    )
  }
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => stop(0))
  followNpm('start:cluster')

  Object.assign(process.env, programs)
  say('Starting a Redis Cluster, three nodes of the chat and HAProxy…')
  cluster = await startCluster({
    address,
    main,
    haproxy: programs.HAPROXY_PATH ?? '',
    env: { NODE_ENV: 'development', LOG_LEVEL: 'fatal', ...process.env },
    say,
  })
  say(`wsticket chat: ${cluster.address}`)
  say('Its panel has buttons that kill a node, drain one, or fail a master over. Ctrl-C ends everything.')
  void cluster.broken.then((because) => {
    if (stopping) return
    say(`wsticket: ${because}; without it nothing can be reached.`)
    stop(1)
  })
})
