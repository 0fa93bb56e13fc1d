import type { Pathway } from '@wsticket/protocol'
import type { Cause } from '../core/connection-types.js'
import type { Clock } from '../core/environment.js'

/** Failures in a row of the ticket pathway, after which a lesser one is asked for. */
export const FALLBACK_AFTER = 3

/** How long a lesser pathway serves, in milliseconds, until the ticket pathway is tried again. */
export const FALLBACK_FOR_MS = 300_000

/** A step down the chain. */
export interface Downgrade {
  readonly from: Pathway
  readonly to: Pathway
  /** The failure that came last. */
  readonly cause: Cause
  /** When the ticket pathway is tried again, at the next connect from then on; milliseconds since 1970. */
  readonly until: number
}

/** How far a source may go down, and when. */
export interface FallbackOptions {
  /** Whether the JWT itself may be presented, as a subprotocol, if the server allows it. @default true */
  readonly jwt?: boolean | undefined
  /** Whether to connect with no credential at all, if the server allows it. @default false */
  readonly anonymous?: boolean | undefined
  /** Failures in a row before a step down. @default 3 */
  readonly after?: number | undefined
  /** Milliseconds until the ticket pathway is tried again. @default 300_000 */
  readonly forMs?: number | undefined
  /** With `false` tickets are not tried at all, only what the server allows beside them. @default true */
  readonly useTicketAuth?: boolean | undefined
  /** Hears of each step down. */
  readonly onDowngrade?: ((downgrade: Downgrade) => void) | undefined
  /** Hears when a connection is opened by a ticket again. */
  readonly onRecover?: ((recovery: { readonly from: Pathway }) => void) | undefined
  /** @default the runtime's */
  readonly clock?: Clock | undefined
}
