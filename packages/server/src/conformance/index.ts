export { adapterCases } from './adapter-cases.js'
export type {
  AdapterApplication,
  AdapterCase,
  AdapterHarness,
  AdapterUnderTest,
  ApplicationSocket,
  RawConnection,
} from './adapter-harness.js'
export { type ManualClock, manualClock, settled } from './manual-clock.js'
export { storeCases } from './store-cases.js'
export type { StoreCase, StoreHarness, StoreUnderTest } from './store-harness.js'
