export { type ManualClock, manualClock, settled } from './manual-clock.js'
export { storeCases } from './store-cases.js'
export type { StoreCase, StoreHarness, StoreUnderTest } from './store-harness.js'
