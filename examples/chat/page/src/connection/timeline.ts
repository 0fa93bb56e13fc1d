import type { Cause, ConnectionState, StateChange } from '@wsticket/client'
import { isRefusalCode } from '@wsticket/protocol'
import type { ReplayOutcome } from './replay.js'
import { causeWords, codeWords, duration, isTrouble } from './words.js'

export type EntryKind =
  | 'ticket'
  | 'connecting'
  | 'admitted'
  | 'renewed'
  | 'dropped'
  | 'refused'
  | 'revoked'
  | 'closed'
  | 'waiting'
  | 'token'
  | 'replay'
  | 'logout'
  /** Of a cluster: its nodes, its Redis. */
  | 'node'
  | 'redis'

export type Tone = 'plain' | 'good' | 'warn' | 'bad'

/** One line of what happened to the connection. */
export interface Happening {
  readonly kind: EntryKind
  readonly tone: Tone
  readonly title: string
  readonly detail?: string
  /** The wire's own name for it. */
  readonly code?: string
}

export interface TimelineEntry extends Happening {
  readonly id: number
  /** Milliseconds since 1970. */
  readonly at: number
}

// As far back as somebody scrolls.
const ENTRIES_KEPT = 80

/** Adds what happened; the newest comes first. */
export function addHappenings(
  timeline: readonly TimelineEntry[],
  happenings: readonly Happening[],
  at: number,
): readonly TimelineEntry[] {
  const first = (timeline[0]?.id ?? 0) + 1
  const added = happenings.map((happening, index) => ({ ...happening, id: first + index, at }))
  return [...added.toReversed(), ...timeline].slice(0, ENTRIES_KEPT)
}

/** Tells a change of state: what went wrong, if something did, and what comes next. */
export function happeningsOf(
  change: StateChange,
  facts: {
    readonly now: number
    /** When the session ends, in milliseconds since 1970. */
    readonly endsAt: number | undefined
    /** Whether this page asked for the logout that is about to be seen. */
    readonly loggingOut: boolean
  },
): Happening[] {
  return [...trouble(change, facts.loggingOut), ...progress(change, facts)]
}

/** Tells what came of presenting a used ticket. */
export function replayHappening(outcome: ReplayOutcome): Happening {
  switch (outcome.kind) {
    case 'refused':
      return {
        kind: 'refused',
        tone: 'good',
        title: 'Replay refused',
        detail: `${codeWords(outcome.code)} The server closed with ${outcome.closeCode}.`,
        code: outcome.code,
      }
    case 'admitted':
      return {
        kind: 'replay',
        tone: 'bad',
        title: 'Replay admitted',
        detail: 'The same ticket opened a second socket. That must never happen.',
      }
    case 'unclear':
      return {
        kind: 'replay',
        tone: 'warn',
        title: 'Replay without an answer',
        detail: `The socket ended with ${outcome.closeCode} before the server said anything.`,
      }
  }
}

/** Tells which node holds the socket now, and how long there was none. */
export function nodeHappening(
  node: string,
  facts: { readonly before: string | undefined; readonly lastedMs: number | undefined },
): Happening {
  const { before, lastedMs } = facts
  if (before === undefined || lastedMs === undefined) {
    return { kind: 'node', tone: 'good', title: `Held by ${node}` }
  }
  const detail = before === node ? 'With a fresh ticket.' : `With a fresh ticket. It was ${before} before.`
  return { kind: 'node', tone: 'good', title: `Back on ${node} after ${duration(lastedMs)}`, detail }
}

function trouble({ from, to, cause }: StateChange, loggingOut: boolean): Happening[] {
  if (!isTrouble(cause)) return []
  if (to.name === 'open') return [failedRenewal(cause)]
  const base = { detail: withDelay(cause, causeWords(cause)), code: cause.code }
  const closed = cause.closeCode === undefined ? '' : ` (${cause.closeCode})`
  switch (cause.code) {
    case 'session_revoked':
    case 'credential_revoked':
    case 'ticket_revoked':
      return loggingOut
        ? [{ ...base, kind: 'logout', tone: 'plain', title: `Logged out${closed}` }]
        : [{ ...base, kind: 'revoked', tone: 'bad', title: `Revoked${closed}` }]
    case 'session_closed':
    case 'closed_by_client':
    case 'closed_by_server':
      return [{ ...base, kind: 'closed', tone: 'warn', title: `Closed${closed}` }]
    case 'session_expired':
      return [{ ...base, kind: 'dropped', tone: 'warn', title: `Expired${closed}` }]
    default:
      if (wasLive(from)) return [{ ...base, kind: 'dropped', tone: 'warn', title: `Dropped${closed}` }]
      if (isRefusalCode(cause.code))
        return [{ ...base, kind: 'refused', tone: 'bad', title: `Refused${closed}` }]
      return [{ ...base, kind: 'dropped', tone: 'warn', title: `No connection${closed}` }]
  }
}

function progress(
  { from, to, cause }: StateChange,
  facts: { readonly now: number; readonly endsAt: number | undefined },
): Happening[] {
  switch (to.name) {
    case 'fetching':
      return [fetching(to.step, to.attempt)]
    case 'connecting':
      return [
        { kind: 'ticket', tone: 'good', title: 'Ticket fetched', ...(to.ref && { detail: `ref ${to.ref}` }) },
        {
          kind: 'connecting',
          tone: 'plain',
          title: 'Connecting',
          detail: 'The ticket rides as a subprotocol.',
        },
      ]
    case 'open':
      if (cause.code === 'renewed') {
        const until = facts.endsAt === undefined ? {} : { detail: `until ${timeOfDay(facts.endsAt)}` }
        return [{ kind: 'renewed', tone: 'good', title: 'Renewed', ...until }]
      }
      if (from.name === 'renewing') return []
      return [
        { kind: 'admitted', tone: 'good', title: 'Admitted', detail: 'The ticket is redeemed and torn.' },
      ]
    case 'renewing':
      return [{ kind: 'renewed', tone: 'plain', title: 'Asking to renew the session' }]
    case 'waiting':
      return [waiting(to.until, facts.now)]
    case 'stopped':
      return []
  }
}

/** How the story begins: there is no change that leads to the first state. */
export function firstHappening(): Happening {
  return fetching('ticket', 1)
}

export function timeOfDay(at: number): string {
  return new Date(at).toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
}

function fetching(step: 'ticket' | 'config', attempt: number): Happening {
  if (step === 'config') return { kind: 'ticket', tone: 'plain', title: 'Asking which ways in are open' }
  const title = attempt === 1 ? 'Asking for a ticket' : `Asking for a fresh ticket, attempt ${attempt}`
  return { kind: 'ticket', tone: 'plain', title }
}

function waiting(until: number | undefined, now: number): Happening {
  const title =
    until === undefined ? 'Waiting until there is something to send' : `Next try in ${duration(until - now)}`
  return { kind: 'waiting', tone: 'plain', title }
}

function failedRenewal(cause: Cause): Happening {
  return {
    kind: 'renewed',
    tone: 'warn',
    title: 'Renewal failed',
    detail: causeWords(cause),
    code: cause.code,
  }
}

function withDelay(cause: Cause, words: string): string {
  return cause.retryAfterSeconds === undefined ? words : `${words} It asks for ${cause.retryAfterSeconds} s.`
}

function wasLive(state: ConnectionState): boolean {
  return state.name === 'open' || state.name === 'renewing'
}
