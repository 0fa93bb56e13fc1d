import { describe, expect, test } from 'vitest'
import { makeCore } from '../../test/core.js'
import { lost, refusedConnection } from '../../test/intercepted-store.js'
import { manualClock, settled } from '../conformance/index.js'
import { memoryStore } from '../stores/memory.js'
import { NodeLease } from './node-lease.js'

/** Nodes over one store, each with a way to it of its own that can be broken. */
function setUp() {
  const clock = manualClock()
  const store = memoryStore({ clock })
  return {
    clock,
    node(id: string) {
      const core = makeCore({}, { store, clock })
      return { ...core, id, lease: new NodeLease(core.calls, clock, id) }
    },
    /** Who has a lease, by the store's own word; a reader that was never there before. */
    holders: async () => (await store.keepNode('')).filter((id) => id !== '').toSorted(),
  }
}

describe('NodeLease', () => {
  test('is held from the start and for as long as the node lives, and then runs out', async () => {
    const { clock, node, holders } = setUp()
    const { lease, made } = node('a')
    expect(await holders()).toEqual([])
    await lease.start()
    expect(await holders()).toEqual(['a'])
    await clock.run(305_000)
    expect(await holders()).toEqual(['a'])
    expect(made.get('keepNode')).toBe(32)
    lease.stop()
    await clock.run(29_999)
    expect(await holders()).toEqual(['a'])
    await clock.run(1)
    expect(await holders()).toEqual([])
    await clock.run(60_000)
    expect(await holders()).toEqual([])
  })

  test('begins once, and never after it was let go', async () => {
    const { clock, node, holders } = setUp()
    const one = node('a')
    await Promise.all([one.lease.start(), one.lease.start()])
    expect(one.made.get('keepNode')).toBe(1)
    const other = node('b')
    other.lease.stop()
    void other.lease.start()
    await clock.run(20_000)
    expect(await holders()).toEqual(['a'])
    expect(other.made.get('keepNode')).toBeUndefined()
    expect(other.lease.liveNodes).toBeUndefined()
  })

  // Nodes that start together would not have counted each other's sockets for ten seconds.
  test('knows who is alive five seconds after its start, and until then counts everybody', async () => {
    const { clock, node } = setUp()
    const [a, b] = [node('a'), node('b')]
    await a.lease.start()
    await b.lease.start()
    expect([a.lease.liveNodes, b.lease.liveNodes]).toEqual([undefined, undefined])
    await clock.run(4999)
    expect(a.lease.liveNodes).toBeUndefined()
    await clock.run(1)
    expect(a.lease.liveNodes?.toSorted()).toEqual(['a', 'b'])
    expect(b.lease.liveNodes?.toSorted()).toEqual(['a', 'b'])
  })

  test('learns of new nodes and of dead ones within its beat', async () => {
    const { clock, node } = setUp()
    const [a, b] = [node('a'), node('b')]
    await a.lease.start()
    await clock.run(5000)
    expect(a.lease.liveNodes).toEqual(['a'])
    await b.lease.start()
    await clock.run(10_000)
    expect(a.lease.liveNodes?.toSorted()).toEqual(['a', 'b'])
    b.lease.stop()
    await clock.run(40_000)
    expect(a.lease.liveNodes).toEqual(['a'])
  })

  test('is among the living itself, whatever the store says', async () => {
    const { clock, node } = setUp()
    const { lease, faults } = node('a')
    faults.set('keepNode', (async () => ['b']) as typeof refusedConnection)
    await lease.start()
    await clock.run(5000)
    expect(lease.liveNodes).toEqual(['a', 'b'])
  })

  test('keeps to what it knew for as long as that lasts, and then counts everybody', async () => {
    const { clock, node } = setUp()
    const { lease, faults, told } = node('a')
    await lease.start()
    await clock.run(5000)
    faults.set('keepNode', refusedConnection)
    await clock.run(29_999)
    expect(lease.liveNodes).toEqual(['a'])
    expect(lease.failure).toMatchObject({ code: 'store_unavailable' })
    await clock.run(1)
    expect(lease.liveNodes).toBeUndefined()
    expect(told('store.failed')[0]).toMatchObject({ operation: 'lease', message: 'connect ECONNREFUSED' })
    // Once a second from the failure on.
    expect(told('store.failed')).toHaveLength(21)
  })

  test('is held again soon after an outage, by every node, and knows the others when all are back', async () => {
    const { clock, node, holders } = setUp()
    const [a, b] = [node('a'), node('b')]
    await Promise.all([a.lease.start(), b.lease.start()])
    await clock.run(5000)
    a.faults.set('keepNode', refusedConnection)
    b.faults.set('keepNode', lost)
    await clock.run(60_000)
    expect(await holders()).toEqual([])
    a.faults.clear()
    await clock.run(1000)
    // The other is about to come back: that it is not there yet does not mean that it is dead.
    expect(await holders()).toEqual(['a'])
    expect([a.lease.liveNodes, a.lease.failure]).toEqual([undefined, undefined])
    b.faults.clear()
    await clock.run(2000)
    expect(await holders()).toEqual(['a', 'b'])
    await clock.run(5000)
    for (const { lease } of [a, b]) expect(lease.liveNodes).toEqual(expect.arrayContaining(['a', 'b']))
  })

  test('tries on until it is held for the first time', async () => {
    const { clock, node } = setUp()
    const { lease, faults } = node('a')
    faults.set('keepNode', refusedConnection)
    let held = false
    void lease.start().then(() => {
      held = true
    })
    await clock.run(10_000)
    expect(held).toBe(false)
    faults.clear()
    await clock.run(1000)
    expect(held).toBe(true)
  })

  // A process that was stopped for a minute took the nodes of a minute ago for those that are alive.
  test('does not trust what it knew before the process stood still', async () => {
    const { clock, node } = setUp()
    const { lease } = node('a')
    await lease.start()
    await clock.run(5000)
    expect(lease.liveNodes).toEqual(['a'])
    const slept = manualClock(clock.now() + 30_000)
    clock.now = slept.now
    expect(lease.liveNodes).toBeUndefined()
    await settled()
  })
})
