import { describe, expect, test } from 'vitest'
import { makeCore } from '../../test/core.js'
import { type Intercept, lost, refusedConnection } from '../../test/intercepted-store.js'
import { settled } from '../conformance/index.js'
import type { SessionCheck } from '../stores/store.js'
import { Recheck } from './recheck.js'

/** A ref of a shard. */
function refOf(shard: number, index: number): string {
  return shard.toString(16).padStart(2, '0') + String(index).padStart(22, '0')
}

/** A store whose sessions all live, but for those of shards that do not answer. */
function setUp() {
  const core = makeCore()
  const asked: string[][] = []
  const checked: string[] = []
  const gone = new Set<string>()
  const dead = new Map<string, Intercept>()
  const kinds = new Map<string, SessionCheck['kind']>()
  const store = {
    ...core.calls.store,
    checkSessions: async (refs: readonly string[]): Promise<readonly SessionCheck[]> => {
      asked.push([...refs])
      const fault = [...dead].find(([shard]) => refs.some((ref) => ref.startsWith(shard)))?.[1]
      const answer = async (): Promise<readonly SessionCheck[]> =>
        refs.map((ref) => ({ ref, kind: 'live', remainingMs: 1000, permissions: [] }))
      return fault === undefined ? answer() : fault('checkSessions', answer)
    },
  }
  Object.assign(core.calls, { store })
  const recheck = new Recheck(core.calls, core.clock, {
    held: (ref) => !gone.has(ref),
    checked: (check) => {
      checked.push(check.ref)
      kinds.set(check.ref, check.kind)
    },
  })
  return { ...core, recheck, asked, checked, gone, dead, kinds, store }
}

describe('Recheck', () => {
  test('asks for those together that lie together, 500 at a time', async () => {
    const { recheck, asked, checked } = setUp()
    const refs = Array.from({ length: 1200 }, (_, index) => refOf((index * 37) % 256, index))
    recheck.add(refs)
    await settled()
    expect(asked.map((batch) => batch.length)).toEqual([500, 500, 200])
    expect(asked.flat()).toEqual(refs.toSorted())
    expect(checked.toSorted()).toEqual(refs.toSorted())
  })

  test('has no more than four questions open', async () => {
    const { recheck, asked, dead, clock } = setUp()
    dead.set('', lost)
    recheck.add(Array.from({ length: 5000 }, (_, index) => refOf(index % 256, index)))
    await clock.run(999)
    expect(asked).toHaveLength(4)
    await clock.run(1)
    expect(asked).toHaveLength(8)
  })

  test('asks every second for those of which it has heard nothing, and does not keep the others waiting', async () => {
    const { recheck, asked, checked, dead, clock } = setUp()
    dead.set('07', refusedConnection)
    const refs = [7, 200].flatMap((shard) => Array.from({ length: 500 }, (_, index) => refOf(shard, index)))
    recheck.add(refs)
    await settled()
    expect(checked).toHaveLength(500)
    await clock.run(3000)
    expect(asked.map(([first]) => first?.slice(0, 2))).toEqual(['07', 'c8', '07', '07', '07'])
    dead.clear()
    await clock.run(1000)
    expect(checked).toHaveLength(1000)
    await clock.run(60_000)
    expect(asked).toHaveLength(6)
  })

  // While a store was away, each gap had everything asked for once more, side by side and without end.
  test('asks no more often, however often something may have been missed while the store is away', async () => {
    const { recheck, asked, checked, dead, clock } = setUp()
    dead.set('', refusedConnection)
    const refs = [refOf(1, 1), refOf(2, 2)]
    for (let gap = 0; gap < 50; gap += 1) {
      recheck.add(refs)
      await clock.run(100)
    }
    expect(asked.length).toBeLessThanOrEqual(6)
    dead.clear()
    await clock.run(1000)
    expect(checked.toSorted()).toEqual(refs)
  })

  // The answer may be from before that which was missed.
  test('asks again for one that is in doubt again while it is being asked for', async () => {
    const { recheck, asked, checked, dead, clock } = setUp()
    const ref = refOf(1, 1)
    let answer = (): void => {}
    dead.set('', async (_call, make) => {
      await new Promise<void>((resolve) => {
        answer = resolve
      })
      return make()
    })
    recheck.add([ref])
    await settled()
    dead.clear()
    recheck.add([ref])
    await settled()
    answer()
    await settled()
    expect(asked).toEqual([[ref], [ref]])
    expect(checked).toEqual([ref, ref])
    // Likewise if the first answer never comes, and once more because it did not.
    dead.set('', lost)
    recheck.add([ref])
    await settled()
    dead.clear()
    recheck.add([ref])
    await clock.run(60_000)
    expect(asked).toHaveLength(5)
  })

  test('asks for nobody who is not held any more', async () => {
    const { recheck, asked, dead, gone, clock } = setUp()
    dead.set('', refusedConnection)
    recheck.add([refOf(1, 1), refOf(1, 2)])
    await settled()
    gone.add(refOf(1, 1))
    await clock.run(1000)
    gone.add(refOf(1, 2))
    await clock.run(5000)
    expect(asked).toEqual([[refOf(1, 1), refOf(1, 2)], [refOf(1, 2)]])
    expect(clock.pending()).toEqual([])
  })

  test('takes a session for gone that the store says nothing of', async () => {
    const { recheck, kinds, store, calls } = setUp()
    Object.assign(calls, { store: { ...store, checkSessions: async () => [] } })
    recheck.add([refOf(1, 1)])
    await settled()
    expect(kinds.get(refOf(1, 1))).toBe('gone')
  })
})
