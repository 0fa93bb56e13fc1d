import { describe, expect, test } from 'vitest'
import { makeCore } from '../../test/core.js'
import { lost, refusedConnection } from '../../test/intercepted-store.js'
import { settled } from '../conformance/index.js'
import { WsticketError } from '../errors.js'
import { NodeLease } from '../sessions/node-lease.js'
import { NodeLife } from './node-life.js'
import { StoreWatch } from './store-watch.js'

function setUp() {
  const core = makeCore()
  const { calls: store, clock, events, registry, context } = core
  const lease = new NodeLease(store, clock, 'node-a')
  const watch = new StoreWatch(store, clock, events)
  const { seals, sessions } = context
  const node = new NodeLife({ clock, store, watch, lease, seals, registry, sessions })
  return { ...core, lease, watch, node }
}

type Core = ReturnType<typeof setUp>

/** What has become of some work, once so much time has passed. */
async function outcomeOf({ clock }: Core, work: Promise<void>, ms: number): Promise<unknown> {
  let outcome: unknown = 'pending'
  work.then(
    () => {
      outcome = 'done'
    },
    (error: unknown) => {
      outcome = error
    },
  )
  await clock.run(ms)
  return outcome
}

const WAYS = ['health', 'keepNode', 'notices'] as const

describe('ready', () => {
  test('resolves once the store has answered, the lease is held and revocations are heard', async () => {
    for (const way of WAYS) {
      const core = setUp()
      let answer = (): void => {}
      core.faults.set(way, async (_call, make) => {
        await new Promise<void>((resolve) => {
          answer = resolve
        })
        return make()
      })
      const ready = core.node.ready()
      expect(await outcomeOf(core, ready, 900)).toBe('pending')
      answer()
      expect(await outcomeOf(core, ready, 0)).toBe('done')
      expect(core.told('store.ready')).toHaveLength(1)
      expect(core.told('store.failed')).toEqual([])
    }
  })

  test('waits for a store that is about to be there', async () => {
    for (const way of WAYS) {
      for (const broken of [refusedConnection, lost]) {
        const core = setUp()
        core.faults.set(way, broken)
        const ready = core.node.ready()
        expect(await outcomeOf(core, ready, 1400)).toBe('pending')
        core.faults.clear()
        expect(await outcomeOf(core, ready, 1500)).toBe('done')
      }
    }
  })

  test('gives up after three seconds, says why, and may be asked again', async () => {
    for (const way of WAYS) {
      const core = setUp()
      core.faults.set(way, lost)
      const ready = core.node.ready()
      expect(await outcomeOf(core, ready, 2999)).toBe('pending')
      const message = expect.stringContaining('the memory store did not answer')
      expect(await outcomeOf(core, ready, 1)).toMatchObject({ code: 'store_unavailable', message })
      core.faults.clear()
      expect(await outcomeOf(core, core.node.ready(), 2000)).toBe('done')
    }
  })

  test('does not wait where something must be done, and says what', async () => {
    const core = setUp()
    const remedy = 'Allow INFO for this user.'
    core.faults.set('health', async () => {
      throw new WsticketError('store_unavailable', 'the redis store must not tell', { remedy })
    })
    const outcome = await outcomeOf(core, core.node.ready(), 0)
    expect(outcome).toBeInstanceOf(WsticketError)
    expect(outcome).toMatchObject({ code: 'store_unavailable', remedy })
    expect(core.told('store.failed')[0]).toMatchObject({ operation: 'health', remedy })
  })

  test('gives what the store said of the lease, or of the notices, if it was that', async () => {
    for (const way of ['keepNode', 'notices'] as const) {
      const core = setUp()
      const remedy = `Allow ${way}.`
      core.faults.set(way, async () => {
        throw new WsticketError('store_unavailable', 'not allowed', { remedy })
      })
      expect(await outcomeOf(core, core.node.ready(), 3000)).toMatchObject({ message: 'not allowed', remedy })
    }
  })
})

describe('begin', () => {
  test('does not ask how the store is before it admits, but watches it from then on', async () => {
    const core = setUp()
    core.faults.set('health', lost)
    expect(await outcomeOf(core, core.node.begin(), 0)).toBe('done')
    core.faults.clear()
    await core.clock.run(10_000)
    expect(core.told('store.ready')).toHaveLength(1)
  })

  test('gives up after a second, and goes on trying', async () => {
    const core = setUp()
    core.faults.set('notices', refusedConnection)
    const message = 'the memory store failed: connect ECONNREFUSED'
    expect(await outcomeOf(core, core.node.begin(), 1000)).toMatchObject({ message })
    core.faults.clear()
    await core.clock.run(500)
    expect(await outcomeOf(core, core.node.begin(), 0)).toBe('done')
  })
})

describe('the nodes that are alive', () => {
  test('are all, and then those with a lease; who asks makes this one of them', async () => {
    const core = setUp()
    expect(core.made.size).toBe(0)
    expect(core.node.liveNodes()).toBeUndefined()
    await settled()
    expect(core.made.get('keepNode')).toBe(1)
    await core.clock.run(5000)
    expect(core.node.liveNodes()).toEqual(['node-a'])
    expect(core.made.get('keepNode')).toBe(2)
  })
})
