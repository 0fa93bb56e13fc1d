import { redact } from '@wsticket/protocol'

/**
 * Says in a few words what went wrong with Redis, for logs and for operators.
 *
 * Only the message of an error is used: the client hangs commands with their arguments onto its errors, and those
 * may be passwords or keys.
 */
export function redisReason(error: unknown): string {
  if (!(error instanceof Error)) return 'it did not answer'
  const cause = 'lastNodeError' in error ? error.lastNodeError : undefined
  if (cause instanceof Error) return redisReason(cause)
  // A name with several addresses fails with an empty message and one error for each.
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  // The client's own words for it are about its options.
  if (/enableOfflineQueue|^Connection is closed/.test(error.message)) return 'it is not connected'
  return redact(withoutArguments(error.message)) || code
}

/** Tells whether Redis refused who we are: waiting does not help. */
export function isRefusedLogin(error: unknown): boolean {
  return /^(WRONGPASS|NOAUTH|NOPERM)\b|invalid password/i.test(redisReason(error))
}

// A command that Redis does not know (or was told to forget) is quoted by it with its first arguments.
function withoutArguments(message: string): string {
  return message.replace(/,? with args beginning with.*$/s, '')
}
