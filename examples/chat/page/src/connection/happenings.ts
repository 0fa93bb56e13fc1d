import type { Cause, ConnectionState, OpenState, StateChange, WaitingState } from '@wsticket/client'
import { isRefusalCode, type Pathway } from '@wsticket/protocol'
import type { Happening } from './timeline.js'
import { causeWords, duration, isTrouble, pathwayWords, sentence, timeOfDay } from './words.js'

/** Tells a change of state: what went wrong, if something did, and what comes next. */
export function happeningsOf(
  change: StateChange,
  facts: {
    readonly now: number
    /** When the session ends, in milliseconds since 1970. */
    readonly endsAt: number | undefined
    /** Whether this page asked for the logout that is about to be seen. */
    readonly loggingOut: boolean
    /** What was found out last, since there was a connection. */
    readonly found: Cause | undefined
  },
): Happening[] {
  const { from, to, cause } = change
  if (from.name === 'waiting' && to.name === 'waiting') return whileWaiting(from, to, facts)
  if (from.name === 'renewing' && to.name === 'renewing') {
    const title = 'Asking once more, with a fresh access token'
    return [{ kind: 'renewed', tone: 'plain', title, code: cause.code }]
  }
  return [...trouble(change, facts.loggingOut), ...progress(change, facts)]
}

/** How the story begins: there is no change that leads to the first state. */
export function firstHappening(): Happening {
  return fetching('ticket', 1)
}

/** What is learned about a wait, and what cuts it short. */
function whileWaiting(
  from: WaitingState,
  to: WaitingState,
  { now, found }: { readonly now: number; readonly found: Cause | undefined },
): Happening[] {
  const { cause } = to
  if (cause === from.cause) {
    const detail = `Next try in ${duration((to.until ?? now) - now)}, sooner than it was.`
    return [{ kind: 'woke', tone: 'plain', title: 'Woke up', detail }]
  }
  const { code, detail } = cause
  // Attempt after attempt finds the same.
  if (code === found?.code && detail === found.detail) return []
  if (code !== from.cause.code) {
    const title = code === 'websocket_blocked' ? 'Found out: upgrades are blocked' : 'Found out why'
    const kind = code === 'websocket_blocked' ? 'blocked' : 'diagnosis'
    return [{ kind, tone: 'bad', title, detail: causeWords(cause), code }]
  }
  if (detail === undefined) return []
  return [{ kind: 'diagnosis', tone: 'plain', title: 'Looked into it', detail: sentence(detail) }]
}

function trouble({ from, to, cause }: StateChange, loggingOut: boolean): Happening[] {
  if (!isTrouble(cause)) return []
  if (to.name === 'open') return [failedRenewal(cause, to)]
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
    case 'offline':
      return [{ ...base, kind: 'offline', tone: 'warn', title: 'Offline' }]
    default:
      if (isLive(from)) return [{ ...base, kind: 'dropped', tone: 'warn', title: `Dropped${closed}` }]
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
      return connecting(to.pathway, to.ref)
    case 'open':
      if (cause.code === 'renewed') {
        const until = facts.endsAt === undefined ? {} : { detail: `until ${timeOfDay(facts.endsAt)}` }
        return [{ kind: 'renewed', tone: 'good', title: 'Renewed', ...until }]
      }
      if (from.name === 'renewing') return []
      return [{ kind: 'admitted', tone: 'good', title: 'Admitted', detail: ADMITTED_BY[to.pathway] }]
    case 'renewing': {
      const asking = 'Asking to renew the session'
      if (cause.code !== 'woke') return [{ kind: 'renewed', tone: 'plain', title: asking }]
      const detail = 'A renewal will tell whether the session is still there.'
      return [{ kind: 'woke', tone: 'plain', title: 'Woke up', detail }]
    }
    case 'waiting':
      return [waiting(to.until, facts.now)]
    case 'stopped':
      return []
  }
}

function connecting(pathway: Pathway, ref: string | undefined): Happening[] {
  const step = (detail: string): Happening => ({
    kind: 'connecting',
    tone: 'plain',
    title: 'Connecting',
    detail,
  })
  if (pathway !== 'ticket') return [step(`Without a ticket: with ${pathwayWords(pathway)}.`)]
  const detail = ref === undefined ? {} : { detail: `ref ${ref}` }
  return [
    { kind: 'ticket', tone: 'good', title: 'Ticket fetched', ...detail },
    step('The ticket rides as a subprotocol.'),
  ]
}

const ADMITTED_BY: Readonly<Record<Pathway, string>> = {
  ticket: 'The ticket is redeemed and torn.',
  jwt_subprotocol: 'By the access token itself.',
  anonymous: 'As nobody in particular.',
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

function failedRenewal(cause: Cause, { ref }: OpenState): Happening {
  // What no ticket has opened has no name by which it could be renewed.
  const detail =
    ref === undefined
      ? 'Only what a ticket has opened can be renewed. It is opened anew at its deadline.'
      : causeWords(cause)
  return { kind: 'renewed', tone: 'warn', title: 'Renewal failed', detail, code: cause.code }
}

function withDelay(cause: Cause, words: string): string {
  return cause.retryAfterSeconds === undefined ? words : `${words} It asks for ${cause.retryAfterSeconds} s.`
}

function isLive(state: ConnectionState): boolean {
  return state.name === 'open' || state.name === 'renewing'
}
