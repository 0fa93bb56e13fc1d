export { ticketAuthEnabled } from '../ticket-auth-enabled.js'
export {
  type Downgrade,
  FALLBACK_AFTER,
  FALLBACK_FOR_MS,
  type FallbackOptions,
  withFallback,
} from './fallback.js'
