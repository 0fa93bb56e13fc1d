import { isRefusalCode, REFUSALS, type RefusalCode } from '@wsticket/protocol'

/** Why there is no ticket or no renewal: a code of the refusal table, or one that only a client can see. */
export type TicketErrorCode =
  | RefusalCode
  /** No answer came: offline, DNS, TLS, CORS, a timeout. Browsers do not tell these apart. */
  | 'network_unreachable'
  /** An answer came that this protocol does not know: a captive portal, a cache, a wrong address. */
  | 'response_invalid'
  /** The application's own `credential` or `take` callback threw; `cause` has what it threw. */
  | 'credential_unavailable'

const CLIENT_TITLES: Record<Exclude<TicketErrorCode, RefusalCode>, string> = {
  network_unreachable: 'The server cannot be reached',
  response_invalid: 'The server gave an answer that is not understood',
  credential_unavailable: 'The application gave no credential',
}

/** Tells whether a text is a code that a {@link TicketError} can have. */
export function isTicketErrorCode(text: string): text is TicketErrorCode {
  return isRefusalCode(text) || Object.hasOwn(CLIENT_TITLES, text)
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
 * Says by its `code` why a ticket could not be had. Codes are the interface, messages are not.
 *
 * A `credential` callback may throw one itself: `throw new TicketError('credential_revoked')` stops the socket until the
 * user logs in, where any other exception is tried again.
 */
export class TicketError extends Error {
  override readonly name: string = 'TicketError'
  readonly code: TicketErrorCode
  readonly retryAfterSeconds: number | undefined
  readonly ref: string | undefined
  readonly detail: string | undefined

  constructor(code: TicketErrorCode, details: TicketErrorDetails = {}) {
    const title = isRefusalCode(code) ? REFUSALS[code].title : CLIENT_TITLES[code]
    super(
      details.detail === undefined ? title : `${title}: ${details.detail}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    )
    this.code = code
    this.retryAfterSeconds = details.retryAfterSeconds
    this.ref = details.ref
    this.detail = details.detail
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/** Tells whether a caught value is a {@link TicketError}, also one of another copy of this package. */
export function isTicketError(value: unknown): value is TicketError {
  if (typeof value !== 'object' || value === null || !(BRAND in value) || !('code' in value)) return false
  // Another version may have codes of its own, for which there is no remedy here.
  return typeof value.code === 'string' && isTicketErrorCode(value.code)
}
