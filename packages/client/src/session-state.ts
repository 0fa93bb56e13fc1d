// What a whole connection knows beyond the core's: its session is renewed, the server is asked which pathways are open, the page
// wakes it, and a failure without a network is called that. Pure, as the core's is.
import {
  transition as coreTransition,
  fetchTicket,
  isLive,
  type LiveState,
  recover,
  STABLE_AFTER_MS,
  STEP_TIMEOUT_MS,
  stopped,
} from './core/connection-state.js'
import type {
  Cause,
  CauseCode,
  ConnectionState,
  Input,
  Moment,
  RenewingState,
  WaitingState,
} from './core/connection-types.js'
import { backoffDelay, SOON_MS } from './core/reconnect.js'
import { remedyFor } from './core/remedies.js'

/** The facts of the moment that a decision depends on. */
export interface SessionMoment extends Moment {
  /** Whether the browser says that there is no network. */
  readonly offline: boolean
  /** When a session that begins or was renewed now is to be renewed, in milliseconds since 1970. */
  readonly renewAt: number | undefined
}

/** What may be no more than a network that is gone: most applications ask for their JWT over it as well. */
const UNEXPLAINED: readonly CauseCode[] = [
  'network_unreachable',
  'connection_failed',
  'connection_lost',
  'credential_unavailable',
]

/** Tells what follows from an input; the same state if it came late or means nothing here. Pure. */
export function transition(state: ConnectionState, input: Input, moment: SessionMoment): ConnectionState {
  if ('attempt' in input && input.attempt !== state.attempt) return state
  const to = step(state, input, moment)
  if (to === state) return state
  if (to.name === 'open' && state.name === 'connecting') return { ...to, until: moment.renewAt }
  if (to.name === 'stopped' && input.type === 'failed') return askConfig(state, to, moment.now)
  if (to.name === 'waiting' && state.name !== 'waiting') return moment.offline ? offline(to) : to
  return to
}

function step(state: ConnectionState, input: Input, moment: SessionMoment): ConnectionState {
  const { now } = moment
  if (input.type === 'config-read' && state.name === 'fetching' && state.step === 'config') {
    return input.pathwayOpen
      ? fetchTicket(state, { code: 'pathway_open' }, now)
      : stopped(state, { code: 'pathway_disabled' })
  }
  if (input.type === 'diagnosed' && state.name === 'waiting') return { ...state, cause: input.cause }
  if (input.type === 'woke' && state.name === 'waiting') return sooner(state, moment)
  if (state.name === 'open') {
    if (input.type === 'timer') return renew(state, { code: 'renewal_due' }, now)
    if (input.type === 'woke') return renew(state, { code: 'woke' }, now)
    // Who asks for it by hand wants a later deadline, which only a fresh credential gives.
    if (input.type === 'renew') return renew({ ...state, refreshNext: true }, { code: 'renewal_due' }, now)
  }
  if (state.name === 'renewing') {
    if (input.type === 'renewal-failed') return renewalFailed(state, input.cause, moment)
    if (input.type === 'timer') return renewalFailed(state, { code: 'network_unreachable' }, moment)
    if (input.type === 'renewed') {
      const cause: Cause = { code: 'renewed' }
      const until = moment.renewAt
      return { ...state, name: 'open', cause, until, failedRenewals: 0, refreshNext: false }
    }
  }
  return coreTransition(state, input, moment)
}

/** The server may want no tickets any more: before that is final it is asked, once. */
function askConfig(from: ConnectionState, to: ConnectionState, now: number): ConnectionState {
  const { cause } = to
  // After a stable connection it may be asked again.
  const wasStable = isLive(from) && now - from.since >= STABLE_AFTER_MS
  const asked = from.history.tried.includes('pathway_disabled') && !wasStable
  return cause.code === 'pathway_disabled' && !asked ? { ...fetchTicket(to, cause, now), step: 'config' } : to
}

function offline(state: WaitingState): WaitingState {
  const { cause } = state
  return UNEXPLAINED.includes(cause.code) ? { ...state, cause: { ...cause, code: 'offline' } } : state
}

/** Soon and not at once: a whole office gets its network back in the same moment. A delay that the server asked for stands. */
function sooner(state: WaitingState, { now, random }: Moment): WaitingState {
  const { until = now, cause } = state
  const soon = now + Math.round(random * SOON_MS)
  const waitsLonger = state.for === 'delay' && cause.retryAfterSeconds === undefined && soon < until
  return waitsLonger ? { ...state, until: soon } : state
}

/**
 * A renewal that fails ends nothing: the server closes the session at its deadline, and says so. Unless there is no such
 * session any more: then what looks like a connection is none.
 */
function renewalFailed(state: RenewingState, cause: Cause, moment: Moment): ConnectionState {
  const { code, retryAfterSeconds } = cause
  if (code === 'session_over') return recover(state, { code: 'connection_lost', detail: code }, moment)
  const { failedRenewals: failures = 0, refreshNext: tried = false } = state
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
