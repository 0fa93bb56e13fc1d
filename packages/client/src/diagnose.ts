import type { Cause } from './core/connection-types.js'
import type { TicketSource } from './ticket-source.js'

/**
 * Finds out why a connection fails that nobody explains, while the next attempt waits. What it gives becomes the cause of the
 * state; `undefined` leaves it as it is.
 */
export type Diagnose = (facts: {
  /** The address of the WebSocket. */
  readonly url: string
  /** The handle of the ticket that came last. */
  readonly ref: string | undefined
  readonly cause: Cause
  readonly tickets: TicketSource
  /** Aborted when an answer would come too late. */
  readonly signal: AbortSignal
}) => Promise<Cause | undefined>
