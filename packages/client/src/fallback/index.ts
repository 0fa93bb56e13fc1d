export { ticketAuthEnabled } from '../ticket-auth-enabled.js'
export { withFallback } from './fallback.js'
export { type Downgrade, FALLBACK_AFTER, FALLBACK_FOR_MS, type FallbackOptions } from './options.js'
