import type { Cause, CauseCode } from '@wsticket/client'
import { explain } from '@wsticket/client/diagnosis'
import type { Pathway } from '@wsticket/protocol'

/** The code with which "Drop the connection" closes: of the range that applications may use, and not a farewell. */
export const DROP_CLOSE_CODE = 4000

// Causes that only say how far it has come.
const PROGRESS: ReadonlySet<CauseCode> = new Set([
  'started',
  'ticket_fetched',
  'connected',
  'renewal_due',
  'renewed',
  'wait_over',
  'woke',
  'message_queued',
  'pathway_open',
])

/** Whether a cause is something that went wrong. */
export function isTrouble({ code }: Cause): boolean {
  return !PROGRESS.has(code)
}

/** Says a cause in words. */
export function causeWords(cause: Cause): string {
  // Nobody but this page knows that.
  if (cause.code === 'connection_lost' && cause.closeCode === DROP_CLOSE_CODE) {
    return 'You dropped it. The client takes it for a cut line.'
  }
  return explain(cause)
}

/** Makes a sentence of what is said for programmers. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

/** What is presented at the door. */
export function pathwayWords(pathway: Pathway): string {
  switch (pathway) {
    case 'ticket':
      return 'a ticket'
    case 'jwt_subprotocol':
      return 'the access token itself'
    case 'anonymous':
      return 'no credential at all'
  }
}

/** Seconds and minutes as people read them: `0:42`, `14:07`, `11:59:30`. */
export function clockSpan(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  const pad = (value: number): string => String(value).padStart(2, '0')
  const rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`
  return seconds < 3600 ? rest.replace(/^0/, '') : `${Math.floor(seconds / 3600)}:${rest}`
}

/** What is left of a wait: `3.2 s`, so that even a short one is seen to pass, or `0:42`. */
export function countdown(milliseconds: number): string {
  return milliseconds < 10_000 ? `${Math.max(0, milliseconds / 1000).toFixed(1)} s` : clockSpan(milliseconds)
}

/** A duration of work: `240 ms`, `1.3 s`. */
export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}

/** `14:07:59` */
export function timeOfDay(at: number): string {
  return new Date(at).toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
}
