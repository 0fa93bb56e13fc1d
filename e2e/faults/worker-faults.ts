import { setTimeout as sleep } from 'node:timers/promises'
import { type Fault, happened, type Scene } from './deployment.js'
import { upgrade } from './upgrade.js'

/** One of many upgrades that arrive at a node is the one that it dies of. */
const UPGRADES = 8
const RACED = 100
/** It dies of the first that wins; after a node's whole budget, none will. */
const DIES_WITHIN_MS = 3000

/** A server process is killed while it works. */
export const WORKER_KILLED: Fault = {
  async run({ pool, load, random }) {
    const worker = random.between(0, pool.size - 1)
    const process = pool.process(worker)
    await process.kill()
    happened(process.signal === 'SIGKILL', `${process.name} ended by ${process.signal ?? 'itself'}`)
    await load.more(RACED)
    await pool.replace(worker)
    return `${process.name} killed`
  },
}

/**
 * A server process is killed when the store has let an upgrade in, and before the client is told by a 101. The client
 * cannot know, and comes again with the same ticket.
 */
export const WORKER_KILLED_BEFORE_101: Fault = {
  async run(scene) {
    const { pool, random } = scene
    const worker = random.between(0, pool.size - 1)
    const process = pool.process(worker)
    const tickets = await issue(scene, (worker + 1) % pool.size)
    await process.order({ kind: 'die before the next 101' })
    const outcomes = await Promise.all(tickets.map((ticket) => come(scene, worker, ticket)))
    await Promise.race([process.ended(), sleep(DIES_WITHIN_MS)])
    const died = !process.running
    await pool.replace(worker)
    happened(died, 'no redeem won, so the process lived on')
    happened(!outcomes.includes('admitted'), 'a client got its 101 all the same')
    const other = (worker + 1) % pool.size
    const again = await Promise.all(tickets.map((ticket) => come(scene, other, ticket)))
    const used = again.filter((kind) => kind === 'used').length
    happened(used > 0, 'no ticket was redeemed before the process died')
    return `${process.name} killed with ${used} of ${UPGRADES} tickets redeemed and no 101 sent`
  },
}

type Ticket = { readonly ref: string; readonly ticket: string }

async function issue({ pool, random }: Scene, worker: number): Promise<readonly Ticket[]> {
  const holder = `upgrade-${random.bytes(6).toString('hex')}`
  const tasks = Array.from(
    { length: UPGRADES },
    () =>
      ({
        name: 'issue',
        subject: holder,
        login: holder,
        singleUse: true,
        lifeMs: undefined,
        afterMs: 0,
      }) as const,
  )
  const issued = (await pool.run(worker, 'wsticket', tasks)).filter((ticket) => ticket !== null)
  happened(issued.length === UPGRADES, `only ${issued.length} of ${UPGRADES} tickets were issued`)
  return issued
}

/** A client comes with a ticket. Tells what it saw: `admitted`, a refusal, or `indeterminate`. */
async function come({ pool, random }: Scene, worker: number, ticket: Ticket): Promise<string> {
  const attempt = random.bytes(16).toString('base64url')
  const outcome = await upgrade({ pool, worker, store: 'wsticket' }, ticket, attempt)
  return outcome.kind === 'refused' ? outcome.code : outcome.kind
}
