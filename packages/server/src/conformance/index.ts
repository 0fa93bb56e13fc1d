export { type ManualClock, manualClock, settled } from './manual-clock.js'
