import { describe, expect, test } from 'vitest'
import { makeCore } from '../../test/core.js'
import { type Intercept, lost, refusedConnection } from '../../test/intercepted-store.js'
import type { StoreHealth } from '../stores/store.js'
import { StoreWatch } from './store-watch.js'

function setUp() {
  const core = makeCore()
  /** From now on the store says this of itself, beside what it says anyway. */
  const says = (changes: Partial<StoreHealth>): void => {
    core.faults.set('health', (async (_call, make) => ({
      ...((await make()) as StoreHealth),
      ...changes,
    })) as Intercept)
  }
  return { ...core, says, watch: new StoreWatch(core.calls, core.clock, core.events) }
}

const WEAK = { single_use: 'none', revocation: 'bounded', shared: 'nodes' } as const

describe('StoreWatch', () => {
  test('tells that the store is there, and what it promises, once', async () => {
    const { watch, clock, told, made } = setUp()
    expect(watch.reachable).toBe(false)
    watch.start()
    watch.start()
    await clock.run(90_000)
    expect(watch.reachable).toBe(true)
    expect(made.get('health')).toBe(4)
    expect(told('store.ready')).toMatchObject([
      {
        kind: 'memory',
        promises: { single_use: 'absolute', revocation: 'absolute', shared: 'process' },
        warnings: [],
      },
    ])
    watch.stop()
    await clock.run(90_000)
    expect(made.get('health')).toBe(4)
  })

  test('does not begin after its end', async () => {
    const { watch, clock, made } = setUp()
    watch.stop()
    watch.start()
    await clock.run(60_000)
    expect(made.get('health')).toBeUndefined()
  })

  test('tells again when promises or warnings change', async () => {
    const { watch, clock, told, says } = setUp()
    watch.start()
    await clock.run(1000)
    says({ promises: WEAK })
    await clock.run(30_000)
    says({ promises: WEAK, warnings: ['Allow INFO.'] })
    await clock.run(60_000)
    expect(told('store.ready').map(({ promises, warnings }) => [promises.single_use, warnings])).toEqual([
      ['absolute', []],
      ['none', []],
      ['none', ['Allow INFO.']],
    ])
  })

  test('asks a store that is gone every five seconds, and tells when it is back', async () => {
    const { watch, clock, told, faults, made } = setUp()
    watch.start()
    await clock.run(1000)
    faults.set('health', refusedConnection)
    await clock.run(29_000)
    expect([watch.reachable, watch.failure?.code]).toEqual([false, 'store_unavailable'])
    expect(made.get('health')).toBe(2)
    await clock.run(9000)
    expect(made.get('health')).toBe(3)
    faults.delete('health')
    await clock.run(1000)
    expect([watch.reachable, watch.failure]).toEqual([true, undefined])
    expect(told('store.ready')).toHaveLength(2)
  })

  test('takes a store at its word that it cannot be reached', async () => {
    const { watch, says } = setUp()
    says({ reachable: false })
    await expect(watch.ask()).rejects.toMatchObject({
      code: 'store_unavailable',
      message: 'the memory store says that it cannot be reached',
      remedy: undefined,
    })
    says({ reachable: false, warnings: ['Start it.', 'Allow INFO.'] })
    await expect(watch.ask()).rejects.toMatchObject({ remedy: 'Start it. Allow INFO.' })
    expect(await watch.health()).toMatchObject({ reachable: false, warnings: ['Start it.', 'Allow INFO.'] })
    expect(watch.reachable).toBe(false)
  })

  test('says how a store is that does not answer: not reachable, and nothing else is known', async () => {
    const { watch, clock, faults, told } = setUp()
    expect(await watch.health()).toMatchObject({ kind: 'memory', reachable: true })
    faults.set('health', lost)
    const asked = watch.health()
    await clock.run(1000)
    expect(await asked).toEqual({
      kind: 'memory',
      reachable: false,
      latencyMs: 1000,
      promises: {},
      expired: 0,
      warnings: [],
    })
    expect(told('store.failed')).toMatchObject([{ operation: 'health' }])
  })

  // Anybody may ask for the status: each question was one of the store's, all at the same time.
  test('asks one question at a time, however many ask it', async () => {
    const { watch, made } = setUp()
    await Promise.all(Array.from({ length: 100 }, () => watch.health()))
    expect(made.get('health')).toBe(1)
    await watch.health()
    expect(made.get('health')).toBe(2)
  })
})
