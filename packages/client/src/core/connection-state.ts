// The life of a connection as a pure function: (state, input, moment) -> state. What a state asks for (a ticket, a socket, a
// timer) is begun when it is entered and given up when it is left; that happens outside, in connection.ts. Renewals, and what a
// page knows, are added by ../session-state.ts.
import { parseCloseReason } from '@wsticket/protocol'
import type {
  Cause,
  ConnectionState,
  FetchingState,
  Input,
  Moment,
  OpenState,
  RenewingState,
  StoppedState,
} from './connection-types.js'
import { backoffDelay, SOON_MS } from './reconnect.js'
import { remedyFor } from './remedies.js'

/** Longest time for a ticket, a first handshake or a renewal, before it counts as failed. */
export const STEP_TIMEOUT_MS = 15_000

/**
 * Longest time for a handshake that follows failures: Firefox holds one back for up to 60 s before it sends anything, the
 * longer the more have failed, and one that is given up counts as one more.
 */
export const CONNECT_TIMEOUT_MAX_MS = 75_000

/**
 * How long a connection has to last, at most, until the failures before it are forgotten. After few failures it is less: one that
 * has outlived about the wait before it was worth that, and a server that restarts again and again is not waited for ever longer.
 */
export const STABLE_AFTER_MS = 5000

export type LiveState = OpenState | RenewingState
export type Past = Pick<ConnectionState, 'attempt' | 'history'>

/** The first state of a connection. */
export function start(now: number): FetchingState {
  return fetchTicket({ attempt: 0, history: { failures: 0, tried: [] } }, { code: 'started' }, now)
}

/** Whether messages flow. */
export function isLive(state: ConnectionState): state is LiveState {
  return state.name === 'open' || state.name === 'renewing'
}

/** Tells what follows from an input; the same state if it came late or means nothing here. Pure. */
export function transition(state: ConnectionState, input: Input, moment: Moment): ConnectionState {
  const { now } = moment
  const { attempt, history, name } = state
  const { type } = input
  if (name === 'stopped' || ('attempt' in input && input.attempt !== attempt)) return state
  if (type === 'close') return stopped(state, { code: 'closed_by_client' })
  if (name === 'waiting') {
    if (type !== (state.for === 'delay' ? 'timer' : 'message-queued')) return state
    return fetchTicket(state, { code: type === 'timer' ? 'wait_over' : 'message_queued' }, now, state.refresh)
  }
  if (type === 'failed') return recover(state, input.cause, moment)
  if (type === 'timer' && !isLive(state)) {
    const code = name === 'fetching' ? 'network_unreachable' : 'connection_failed'
    return recover(state, { code }, moment)
  }
  if (type === 'ticket-fetched' && name === 'fetching' && state.step === 'ticket') {
    return {
      name: 'connecting',
      attempt,
      history,
      cause: { code: 'ticket_fetched' },
      until: now + Math.min(CONNECT_TIMEOUT_MAX_MS, STEP_TIMEOUT_MS * (1 + history.failures)),
      ref: input.ref,
      pathway: input.pathway,
    }
  }
  return type === 'opened' && name === 'connecting'
    ? { ...state, name: 'open', cause: { code: 'connected' }, until: undefined, since: now }
    : state
}

/** Decides how a failure goes on: the table's remedy, the first time perhaps at once, later with backoff. */
export function recover(
  state: ConnectionState,
  cause: Cause,
  { now, random, queued }: Moment,
): ConnectionState {
  const { code, retryAfterSeconds } = cause
  const { attempt } = state
  let { failures, tried } = state.history
  const lasted = isLive(state) ? now - state.since : 0
  // What is allowed once, or at once, is so again only after a connection that was worth the name.
  if (lasted >= STABLE_AFTER_MS) tried = []
  if (lasted >= Math.min(STABLE_AFTER_MS, (SOON_MS / 2) * 2 ** failures)) failures = 0
  const remedy = remedyFor(code, {
    tried: tried.includes(code),
    delayed: retryAfterSeconds !== undefined,
    queued,
  })
  const past = { attempt, history: { failures: failures + 1, tried: [...new Set([...tried, code])] } }
  // A refresh that was owed to an earlier refusal is still owed after the network failed in between.
  const refresh = remedy.refresh || ('refresh' in state && state.refresh)
  const { next } = remedy
  if (next === 'fetch') return fetchTicket(past, cause, now, refresh)
  // Only a server can be asked what it has open, and only ../session-state.ts does.
  if (next === 'stop' || next === 'ask-config') return stopped(past, cause)
  const delayed = next === 'wait'
  return {
    ...past,
    name: 'waiting',
    cause,
    refresh,
    for: delayed ? 'delay' : 'message',
    until: delayed ? now + backoffDelay({ failures, random, retryAfterSeconds }) : undefined,
  }
}

export function fetchTicket(
  { attempt, history }: Past,
  cause: Cause,
  now: number,
  refresh = false,
): FetchingState {
  return {
    name: 'fetching',
    attempt: attempt + 1,
    history,
    cause,
    until: now + STEP_TIMEOUT_MS,
    step: 'ticket',
    refresh,
  }
}

export function stopped({ attempt, history }: Past, cause: Cause): StoppedState {
  return { name: 'stopped', attempt, history, cause, until: undefined }
}

/** Reads why a socket closed. */
export function causeOfClose(
  { code: closeCode, reason }: { readonly code: number; readonly reason: string },
  wasOpen: boolean,
): Cause {
  const refusal = parseCloseReason(reason)
  if (refusal) return { ...refusal, closeCode }
  // 1000: all is said. 3003 (Forbidden): the next try would be forbidden, too.
  const final = closeCode === 1000 || closeCode === 3003
  return { code: final ? 'closed_by_server' : wasOpen ? 'connection_lost' : 'connection_failed', closeCode }
}
