import { test } from 'vitest'
import { manualClock, type StoreHarness, storeCases } from '../conformance/index.js'
import { memoryStore } from './memory.js'
import { NODE_LEASE_MS } from './store.js'

const GRACE_MS = 5000

const fresh: StoreHarness = async () => {
  const clock = manualClock()
  const store = memoryStore({ clock, graceMs: GRACE_MS })
  return {
    store,
    unitMs: 1000,
    graceMs: GRACE_MS,
    leaseMs: NODE_LEASE_MS,
    advance: async (ms) => clock.advance(ms),
    size: async () => store.size(),
  }
}

test.each(storeCases)('$name', ({ run }) => run(fresh))
