import { isRefusalCode, type RefusalCode } from '@wsticket/protocol'

/** Why there is no ticket or no renewal: a code of the refusal table, or one that only a client can see. */
export type TicketErrorCode =
  | RefusalCode
  /** No answer came: offline, DNS, TLS, CORS, a timeout. Browsers do not tell these apart. */
  | 'network_unreachable'
  /** An answer came that this protocol does not know: a captive portal, a cache, a wrong address. */
  | 'response_invalid'
  /** The application's own `credential` or `take` callback threw; `cause` has what it threw. */
  | 'credential_unavailable'

/** Tells whether a text is a code that a {@link TicketError} can have. */
export function isTicketErrorCode(text: unknown): text is TicketErrorCode {
  return (
    isRefusalCode(text) ||
    text === 'network_unreachable' ||
    text === 'response_invalid' ||
    text === 'credential_unavailable'
  )
}

const BRAND = Symbol.for('wsticket.ticket-error')

/** What is known about a failure beside its code. */
export interface TicketErrorDetails {
  /** Seconds after which another try makes sense, as the server said. */
  readonly retryAfterSeconds?: number | undefined
  /** The ticket's public handle, safe to log. */
  readonly ref?: string | undefined
  /** Which field or header is wrong, for programmers. */
  readonly detail?: string | undefined
  readonly cause?: unknown
}

/**
 * Says by its `code` why a ticket could not be had. Codes are the interface, messages are not; `explain()` of
 * `@wsticket/client/diagnosis` has a sentence for each.
 *
 * A `credential` callback may throw one itself: `throw new TicketError('credential_revoked')` stops the socket until the
 * user logs in, where any other exception is tried again.
 */
export class TicketError extends Error {
  override readonly name: string = 'TicketError'
  declare readonly code: TicketErrorCode
  declare readonly retryAfterSeconds: number | undefined
  declare readonly ref: string | undefined
  declare readonly detail: string | undefined

  constructor(code: TicketErrorCode, { retryAfterSeconds, ref, detail, cause }: TicketErrorDetails = {}) {
    super(detail ? `${code}: ${detail}` : code, cause === undefined ? cause : { cause })
    Object.assign(this, { code, retryAfterSeconds, ref, detail })
    // Another copy of this package has another class, hence the brand.
    Object.defineProperty(this, BRAND, {})
  }
}

/** Tells whether a caught value is a {@link TicketError}, also one of another copy of this package. */
export function isTicketError(value: unknown): value is TicketError {
  // Another version may have codes of its own, for which there is no remedy here.
  return value instanceof Error && BRAND in value && 'code' in value && isTicketErrorCode(value.code)
}

/** Turns whatever a callback or a request threw into a {@link TicketError}. */
export function asTicketError(thrown: unknown): TicketError {
  return isTicketError(thrown) ? thrown : new TicketError('credential_unavailable', { cause: thrown })
}
