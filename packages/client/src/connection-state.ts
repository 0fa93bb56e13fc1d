// The life of a connection as a pure function: (state, input, moment) -> state. What a state asks for (a ticket, a socket, a
// renewal, a timer) is begun when it is entered and given up when it is left; that happens outside, in ticket-socket.ts.
import { parseCloseReason } from '@wsticket/protocol'
import type {
  Cause,
  CauseCode,
  ConnectingState,
  ConnectionState,
  FetchingState,
  History,
  Input,
  Moment,
  OpenState,
  RenewingState,
  StoppedState,
  WaitingState,
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

/** What may be no more than a network that is gone: most applications ask for their JWT over it as well. */
const UNEXPLAINED: readonly CauseCode[] = [
  'network_unreachable',
  'connection_failed',
  'connection_lost',
  'credential_unavailable',
]

type LiveState = OpenState | RenewingState
type ActiveState = Exclude<ConnectionState, StoppedState>
type Past = Pick<ConnectionState, 'attempt' | 'history'>

/** The first state of a connection. */
export function start(now: number): FetchingState {
  return fetchTicket({ attempt: 0, history: { failures: 0, tried: [] } }, { code: 'started' }, false, now)
}

/** Whether messages flow. */
export function isLive(state: ConnectionState): state is LiveState {
  return state.name === 'open' || state.name === 'renewing'
}

/** Tells what follows from an input; the same state if it came late or means nothing here. Pure. */
export function transition(state: ConnectionState, input: Input, moment: Moment): ConnectionState {
  if (state.name === 'stopped' || ('attempt' in input && input.attempt !== state.attempt)) return state
  if (input.type === 'close') return stopped(state, { code: 'closed_by_client' })
  switch (state.name) {
    case 'fetching':
      return whileFetching(state, input, moment)
    case 'connecting':
      return whileConnecting(state, input, moment)
    case 'waiting':
      return whileWaiting(state, input, moment)
    default:
      return whileLive(state, input, moment)
  }
}

function whileFetching(state: FetchingState, input: Input, moment: Moment): ConnectionState {
  const { now } = moment
  switch (input.type) {
    case 'ticket-fetched': {
      if (state.step === 'config') return state
      const patience = Math.min(CONNECT_TIMEOUT_MAX_MS, STEP_TIMEOUT_MS * (1 + state.history.failures))
      const { ref, pathway } = input
      const cause: Cause = { code: 'ticket_fetched' }
      return { ...past(state), cause, until: now + patience, name: 'connecting', ref, pathway }
    }
    case 'config-read':
      if (state.step === 'ticket') return state
      return input.pathwayOpen
        ? fetchTicket(state, { code: 'pathway_open' }, false, now)
        : stopped(state, { code: 'pathway_disabled' })
    case 'failed':
      return recover(state, input.cause, moment)
    case 'timer':
      return recover(state, { code: 'network_unreachable' }, moment)
    default:
      return state
  }
}

function whileConnecting(state: ConnectingState, input: Input, moment: Moment): ConnectionState {
  switch (input.type) {
    case 'opened':
      return {
        ...state,
        name: 'open',
        cause: { code: 'connected' },
        until: input.renewAt,
        since: moment.now,
        failedRenewals: 0,
        refreshNext: false,
      }
    case 'failed':
      return recover(state, input.cause, moment)
    case 'timer':
      return recover(state, { code: 'connection_failed' }, moment)
    default:
      return state
  }
}

function whileLive(state: LiveState, input: Input, moment: Moment): ConnectionState {
  if (input.type === 'failed') return recover(state, input.cause, moment)
  if (state.name === 'open') {
    switch (input.type) {
      case 'timer':
        return renew(state, { code: 'renewal_due' }, moment.now)
      case 'woke':
        return renew(state, { code: 'woke' }, moment.now)
      case 'renew':
        // Who asks for it by hand wants a later deadline, which only a fresh credential gives.
        return renew({ ...state, refreshNext: true }, { code: 'renewal_due' }, moment.now)
      default:
        return state
    }
  }
  switch (input.type) {
    case 'renewed': {
      const cause: Cause = { code: 'renewed' }
      return { ...state, name: 'open', cause, until: input.renewAt, failedRenewals: 0, refreshNext: false }
    }
    case 'renewal-failed':
      return renewalFailed(state, input.cause, moment)
    case 'timer':
      return renewalFailed(state, { code: 'network_unreachable' }, moment)
    default:
      return state
  }
}

function whileWaiting(state: WaitingState, input: Input, { now, random }: Moment): ConnectionState {
  const { until = now, cause } = state
  switch (input.type) {
    case 'timer':
      return state.for === 'delay' ? fetchTicket(state, { code: 'wait_over' }, state.refresh, now) : state
    case 'message-queued':
      return state.for === 'message'
        ? fetchTicket(state, { code: 'message_queued' }, state.refresh, now)
        : state
    case 'woke': {
      // Soon and not at once: a whole office gets its network back in the same moment. A delay that the server asked for stands.
      const soon = now + Math.round(random * SOON_MS)
      const sooner = state.for === 'delay' && cause.retryAfterSeconds === undefined && soon < until
      return sooner ? { ...state, until: soon } : state
    }
    case 'diagnosed':
      return { ...state, cause: input.cause }
    default:
      return state
  }
}

/** Decides how a failure goes on: the table's remedy, the first time perhaps at once, later with backoff. */
function recover(state: ActiveState, told: Cause, moment: Moment): ConnectionState {
  const { now } = moment
  const cause = moment.offline && isUnexplained(told) ? { ...told, code: 'offline' as const } : told
  const { code, retryAfterSeconds } = cause
  const stableAfterMs = Math.min(STABLE_AFTER_MS, (SOON_MS / 2) * 2 ** state.history.failures)
  const wasStable = isLive(state) && now - state.since >= stableAfterMs
  const { failures, tried }: History = wasStable ? { failures: 0, tried: [] } : state.history
  const remedy = remedyFor(code, {
    tried: tried.includes(code),
    delayed: retryAfterSeconds !== undefined,
    queued: moment.queued,
  })
  const { attempt } = state
  const history = { failures: failures + 1, tried: [...new Set([...tried, code])] }
  // A refresh that was owed to an earlier refusal is still owed after the network failed in between.
  const refresh = remedy.refresh || ('refresh' in state && state.refresh)
  const waiting = { attempt, history, cause, refresh, name: 'waiting' } as const
  switch (remedy.next) {
    case 'stop':
      return stopped({ attempt, history }, cause)
    case 'fetch':
      return fetchTicket({ attempt, history }, cause, refresh, now)
    case 'ask-config':
      return { ...fetchTicket({ attempt, history }, cause, false, now), step: 'config' }
    case 'wait-for-message':
      return { ...waiting, for: 'message', until: undefined }
    case 'wait': {
      const delayMs = backoffDelay({ failures, random: moment.random, retryAfterSeconds })
      return { ...waiting, for: 'delay', until: now + delayMs }
    }
  }
}

/**
 * A renewal that fails ends nothing: the server closes the session at its deadline, and says so. Unless there is no such
 * session any more: then what looks like a connection is none.
 */
function renewalFailed(state: RenewingState, cause: Cause, moment: Moment): ConnectionState {
  const { code, retryAfterSeconds } = cause
  if (code === 'session_over') return recover(state, { code: 'connection_lost', detail: code }, moment)
  const { failedRenewals: failures, refreshNext: tried } = state
  const { next, refresh } = remedyFor(code, {
    tried,
    delayed: retryAfterSeconds !== undefined,
    queued: false,
  })
  if (next === 'fetch' && refresh) return renew({ ...state, refreshNext: true }, cause, moment.now)
  const delayMs = backoffDelay({ failures, random: moment.random, retryAfterSeconds })
  return {
    ...state,
    name: 'open',
    cause,
    until: next === 'wait' ? moment.now + delayMs : undefined,
    failedRenewals: failures + 1,
    refreshNext: refresh,
  }
}

function renew(state: LiveState, cause: Cause, now: number): RenewingState {
  return { ...state, name: 'renewing', cause, until: now + STEP_TIMEOUT_MS }
}

function fetchTicket({ attempt, history }: Past, cause: Cause, refresh: boolean, now: number): FetchingState {
  const until = now + STEP_TIMEOUT_MS
  return { attempt: attempt + 1, history, cause, until, name: 'fetching', step: 'ticket', refresh }
}

function stopped(state: Past, cause: Cause): StoppedState {
  return { ...past(state), cause, until: undefined, name: 'stopped' }
}

function past({ attempt, history }: Past): Past {
  return { attempt, history }
}

function isUnexplained({ code }: Cause): boolean {
  return UNEXPLAINED.includes(code)
}

/** Says why a socket closed. */
export function causeOfClose(
  close: { readonly code: number; readonly reason: string },
  wasOpen: boolean,
): Cause {
  const refusal = parseCloseReason(close.reason)
  if (refusal !== undefined) return { ...refusal, closeCode: close.code }
  // 1000: all is said. 3003 (Forbidden): the next try would be forbidden, too.
  const final = close.code === 1000 || close.code === 3003
  const unexplained = wasOpen ? 'connection_lost' : 'connection_failed'
  return { code: final ? 'closed_by_server' : unexplained, closeCode: close.code }
}
