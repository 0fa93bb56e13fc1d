import { redact } from '@wsticket/protocol'

/** What failed: `store_unavailable` (the ticket store), `identity_unavailable` (whoever verifies credentials). */
export type WsticketErrorCode = 'store_unavailable' | 'identity_unavailable'

/** After so many seconds another try makes sense, where nothing better is known: a failover is then under way. */
export const RETRY_AFTER_SECONDS = 1

const CODES: readonly unknown[] = ['store_unavailable', 'identity_unavailable'] satisfies WsticketErrorCode[]

const BRAND = Symbol.for('wsticket.error')

/**
 * Infrastructure that failed. Never an admission, and never used for expected refusals, which are values.
 *
 * Messages are for people and may change; `code` is the interface.
 */
export class WsticketError extends Error {
  override readonly name = 'WsticketError'
  readonly code: WsticketErrorCode
  /** What an operator can do about it. */
  readonly remedy: string | undefined
  /** After so many whole seconds another try makes sense, where that is known. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: WsticketErrorCode,
    message: string,
    options: {
      readonly cause?: unknown
      readonly remedy?: string | undefined
      readonly retryAfterSeconds?: number | undefined
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.remedy = options.remedy
    this.retryAfterSeconds = options.retryAfterSeconds
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/** Tells whether a caught value is a {@link WsticketError}, also one of another copy of this package. */
export function isWsticketError(value: unknown): value is WsticketError {
  // Another version may have codes of its own, which are in no table of this one.
  return (
    typeof value === 'object' &&
    value !== null &&
    BRAND in value &&
    'code' in value &&
    CODES.includes(value.code)
  )
}

/** The message of whatever was thrown, without tickets and JWTs: others write them into theirs, as in a URL. */
export function messageOf(error: unknown): string {
  return redact(error instanceof Error ? error.message : String(error))
}
