import type { Cause, CauseCode } from '@wsticket/client'
import { isRefusalCode, REFUSALS } from '@wsticket/protocol'

/** The code with which "Drop the connection" closes: of the range that applications may use, and not a farewell. */
export const DROP_CLOSE_CODE = 4000

// What the refusal table says in general, said for the person in front of this page; and the causes that are in no table.
const WORDS: Partial<Record<CauseCode, string>> = {
  session_revoked: 'You were logged out, so the server closed the socket.',
  session_closed: 'It was closed from the list of sessions, or by an operator.',
  session_expired: 'The session reached its deadline.',
  session_idle: 'Nothing was said for too long.',
  credential_revoked: 'The login behind this page has ended.',
  credential_invalid: 'The access token is not valid any more.',
  credential_missing: 'There is no login on this page any more.',
  draining: 'The server is shutting down.',
  network_unreachable: 'The server cannot be reached.',
  response_invalid: 'Something other than the server answered.',
  credential_unavailable: 'The access token could not be refreshed.',
  connection_failed: 'The socket could not be opened.',
  connection_lost: 'The socket was cut off without a word.',
  closed_by_server: 'The server said goodbye.',
  closed_by_client: 'This page closed it.',
}

// Causes that only say how far it has come.
const PROGRESS: ReadonlySet<CauseCode> = new Set([
  'started',
  'ticket_fetched',
  'connected',
  'renewal_due',
  'renewed',
  'wait_over',
  'message_queued',
  'pathway_open',
])

/** Whether a cause is something that went wrong. */
export function isTrouble({ code }: Cause): boolean {
  return !PROGRESS.has(code)
}

/** Says a cause in words. */
export function causeWords(cause: Cause): string {
  if (cause.code === 'connection_lost' && cause.closeCode === DROP_CLOSE_CODE) {
    return 'You dropped it. The client takes it for a cut line.'
  }
  return codeWords(cause.code)
}

/** Says a code in words. */
export function codeWords(code: CauseCode): string {
  return WORDS[code] ?? (isRefusalCode(code) ? `${REFUSALS[code].title}.` : code)
}

/** Seconds and minutes as people read them: `0:42`, `14:07`, `11:59:30`. */
export function clockSpan(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  const pad = (value: number): string => String(value).padStart(2, '0')
  const rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`
  return seconds < 3600 ? rest.replace(/^0/, '') : `${Math.floor(seconds / 3600)}:${rest}`
}

/** A duration of work: `240 ms`, `1.3 s`. */
export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}
