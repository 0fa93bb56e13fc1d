import { type Clock, withDeadline } from '../../clock.js'
import { messageOf, WsticketError } from '../../errors.js'
import type { StorePromises } from '../store.js'
import { storeError } from './redis-errors.js'
import type { RedisLink, RedisMaster } from './redis-link.js'
import { texts } from './replies.js'
import { PROBE } from './scripts/shared.js'

/** How single use is kept through a failover. */
export type Guarantee = 'fence' | 'wait' | 'none'

/** What a deployment of Redis is and can promise. */
export interface Deployment {
  readonly promises: StorePromises
  readonly warnings: readonly string[]
}

interface ProbedMaster {
  readonly name: string
  readonly replid: string | undefined
  /** Why the replication id is not known. */
  readonly hidden: string | undefined
  readonly role: string | undefined
  readonly replicas: number
  readonly holdsBackWrites: boolean
  readonly evicts: string | undefined
}

/**
 * Asks every master what it is.
 *
 * Rejects with `store_unavailable` and a remedy if this deployment cannot keep what is asked for, or if none answers. Masters
 * that do not answer are warnings: the others go on.
 */
export async function probeDeployment(
  link: RedisLink,
  clock: Clock,
  asked: { readonly guarantee: Guarantee; readonly replicas: number },
): Promise<Deployment> {
  const { guarantee } = asked
  const masters = await link.masters()
  const probed = await Promise.allSettled(masters.map((master) => inTime(probeMaster(master), clock)))
  const answered = probed.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  if (answered.length === 0) {
    const failed = probed.find((outcome) => outcome.status === 'rejected')
    throw storeError(failed?.reason ?? new Error('no master is known'), link.lately?.())
  }
  const warnings = probed.flatMap((outcome, index) =>
    outcome.status === 'rejected'
      ? [`${masters[index]?.name ?? 'A master'} does not answer: ${messageOf(outcome.reason)}.`]
      : [],
  )
  // The client of a Cluster may still take for a master what was one: its first command there tells it who is.
  const masterful = link.topology === 'cluster' ? answered.filter(({ role }) => role !== 'slave') : answered
  refuseReplicas(masterful)
  if (guarantee === 'fence') refuseWithoutFence(masterful)
  const lost = answered.flatMap((master) => lossOfRevocations(master, link.topology))
  return {
    promises: {
      single_use: guarantee === 'fence' ? 'absolute' : guarantee,
      revocation: lost.length > 0 ? 'none' : 'bounded',
      shared: 'nodes',
    },
    warnings: [...warnings, ...weaknesses(asked, answered), ...new Set(lost)],
  }
}

// A master that does not answer must not keep those waiting that do.
const ANSWER_MS = 500

/** Names the processes that are masters at the moment. One that does not answer now is the one that it was. */
export class MasterNames {
  readonly #link: RedisLink
  readonly #clock: Clock
  readonly #known = new Map<string, string>()

  constructor(link: RedisLink, clock: Clock) {
    this.#link = link
    this.#clock = clock
  }

  async read(): Promise<string> {
    const masters = await this.#link.masters().catch(() => [])
    const names = await Promise.all(
      masters.map(async (master) => {
        try {
          const section = await inTime(ask(master, 'replication'), this.#clock)
          this.#known.set(master.name, factsOf(section).get('master_replid') ?? '')
        } catch {
          // Its calls tell that it fails.
        }
        return this.#known.get(master.name) ?? ''
      }),
    )
    for (const name of this.#known.keys()) {
      if (masters.length > 0 && !masters.some((master) => master.name === name)) this.#known.delete(name)
    }
    return names.sort().join(' ')
  }
}

function inTime<T>(work: Promise<T>, clock: Clock): Promise<T> {
  return withDeadline(work, {
    clock,
    ms: ANSWER_MS,
    late: () => new Error(`no answer in ${ANSWER_MS} ms`),
  })
}

async function probeMaster(master: RedisMaster): Promise<ProbedMaster> {
  const [replication, memory] = await Promise.all([ask(master, 'replication'), ask(master, 'memory')])
  const facts = factsOf(replication)
  const policy = factsOf(memory).get('maxmemory_policy')
  return {
    name: master.name,
    replid: facts.get('master_replid'),
    hidden: replication.ok ? undefined : replication.text,
    role: facts.get('role'),
    replicas: Number(facts.get('connected_slaves') ?? 0),
    holdsBackWrites: facts.has('min_slaves_good_slaves'),
    evicts: policy === undefined || policy === 'noeviction' ? undefined : policy,
  }
}

interface Section {
  readonly ok: boolean
  readonly text: string
}

async function ask(master: RedisMaster, section: string): Promise<Section> {
  const [kind, text = ''] = texts(await master.send(['EVAL', PROBE.source, '0', section]))
  return { ok: kind === 'info', text }
}

function factsOf({ ok, text }: Section): ReadonlyMap<string, string> {
  if (!ok) return new Map()
  return new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const colon = line.indexOf(':')
      return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1)]] : []
    }),
  )
}

function refuseReplicas(masters: readonly ProbedMaster[]): void {
  const replica = masters.find(({ role }) => role !== undefined && role !== 'master')
  if (replica === undefined) return
  throw new WsticketError('store_unavailable', `${replica.name} is a replica of Redis and not a master`, {
    remedy: 'Let the client connect to the master, by Sentinel or Cluster.',
  })
}

function refuseWithoutFence(masters: readonly ProbedMaster[]): void {
  const replids = masters.map(({ replid }) => replid ?? '')
  const because =
    masters.find(({ hidden }) => hidden !== undefined) !== undefined
      ? 'INFO is not allowed'
      : replids.some((replid) => !/^[0-9a-f]{40}$/.test(replid) || /^0+$/.test(replid))
        ? 'INFO replication has no master_replid'
        : new Set(replids).size < replids.length
          ? 'all masters tell the same one'
          : undefined
  if (because === undefined) return
  throw new WsticketError(
    'store_unavailable',
    `Redis does not tell its replication id (${because}), so single use cannot be kept through a failover`,
    {
      remedy:
        "Allow INFO for this user, or give redisStore() guarantee: 'wait' (slower, needs replicas) or 'none'.",
    },
  )
}

function weaknesses(
  { guarantee, replicas }: { readonly guarantee: Guarantee; readonly replicas: number },
  masters: readonly ProbedMaster[],
): string[] {
  if (guarantee === 'fence') return []
  if (guarantee === 'none') {
    return ['Single use is not kept through a failover: a promoted replica can admit a ticket again.']
  }
  const short = masters.filter((master) => master.hidden === undefined && master.replicas < replicas)
  return [
    'Single use is as strong as WAIT: a replica that was cut off and is promoted can admit a ticket again.',
    ...short.map(
      ({ name }) =>
        `${name} has fewer than the ${replicas} replicas that are waited for: nothing is redeemed there.`,
    ),
  ]
}

/** Why revocations can be lost. */
function lossOfRevocations(
  { name, replicas, holdsBackWrites, evicts, hidden }: ProbedMaster,
  topology: RedisLink['topology'],
): string[] {
  if (hidden !== undefined) {
    return [
      `${name} does not tell its replication (INFO is not allowed): revocations may be lost at a failover.`,
    ]
  }
  const lost: string[] = []
  if (evicts !== undefined) {
    lost.push(
      `maxmemory-policy is ${evicts}: revocations can be evicted. Set it to noeviction, and maxmemory high enough.`,
    )
  }
  // In a Cluster, a master that was cut off stops by itself after cluster-node-timeout.
  if (topology === 'single' && replicas > 0 && !holdsBackWrites) {
    lost.push(
      'A master that was cut off goes on writing: revocations do not bind it. Set min-replicas-to-write 1 (Sentinel).',
    )
  }
  return lost
}
