import { expect, test } from 'vitest'
import { BROKEN_STORES } from '../../test/broken-stores.js'
import { memoryStore } from '../stores/memory.js'
import { NODE_LEASE_MS } from '../stores/store.js'
import { manualClock, type StoreHarness, storeCases } from './index.js'

/** The cases that a store does not pass. One that would wait for ever does not pass either. */
async function failing(
  broken: (typeof BROKEN_STORES)[string],
  another: (typeof BROKEN_STORES)[string] = broken,
): Promise<string[]> {
  const harness: StoreHarness = async () => {
    const clock = manualClock()
    const good = memoryStore({ clock, graceMs: 5000 })
    return {
      store: broken(good, clock),
      unitMs: 1000,
      graceMs: 5000,
      leaseMs: NODE_LEASE_MS,
      advance: async (ms) => clock.advance(ms),
      size: async () => good.size(),
      another: async () => another(good, clock),
    }
  }
  const names: string[] = []
  for (const { name, run } of storeCases) {
    const stuck = new Promise<'stuck'>((resolve) => {
      // Turns of the event loop, in which everything that hangs on promises alone is long over.
      let turns = 20
      const turn = (): void => {
        turns -= 1
        if (turns === 0) resolve('stuck')
        else setImmediate(turn)
      }
      setImmediate(turn)
    })
    const outcome = await Promise.race([
      run(harness).then(
        () => 'passed',
        () => 'failed',
      ),
      stuck,
    ])
    if (outcome !== 'passed') names.push(name)
  }
  return names
}

test('the names of the cases are sentences of their own', () => {
  const names = storeCases.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names.length).toBeGreaterThan(60)
})

test('a store that keeps the contract passes all of them', async () => {
  expect(await failing((good) => good)).toEqual([])
})

test.each(Object.entries(BROKEN_STORES))('a store that %s does not pass', async (_name, broken) => {
  expect(await failing(broken)).not.toEqual([])
})

test('a store that keeps for each node what it should keep for all passes all cases but those of several nodes', async () => {
  const apart = await failing(
    (good) => good,
    (_good, clock) => memoryStore({ clock, graceMs: 5000 }),
  )
  expect(apart).toEqual(storeCases.map(({ name }) => name).filter((name) => name.startsWith('nodes: ')))
})

test('a store is let go, whether it passed or not', async () => {
  const [passing] = storeCases
  let closed = 0
  const harness: StoreHarness = async () => ({
    store: memoryStore(),
    unitMs: 1000,
    graceMs: 5000,
    leaseMs: NODE_LEASE_MS,
    advance: async () => {},
    close: async () => {
      closed += 1
    },
  })
  await passing?.run(harness)
  expect(closed).toBe(1)
  const failingHarness: StoreHarness = async () => ({
    ...(await harness()),
    store: BROKEN_STORES['does not notice that time passes']?.(memoryStore(), manualClock()) ?? memoryStore(),
  })
  await storeCases
    .find(({ name }) => name.includes('expired ticket from the very moment'))
    ?.run(failingHarness)
    .catch(() => {})
  expect(closed).toBe(2)
  // Without a way to count, what leaves by itself is not looked at.
  await storeCases.find(({ name }) => name === 'everything leaves by itself')?.run(harness)
  expect(closed).toBe(3)
})
