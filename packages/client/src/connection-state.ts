// The life of a connection as a pure function: (state, input, moment) -> state, change, effects. Everything that waits,
// dials or asks a clock happens outside, in connection.ts. Each result carries the number of the attempt that it belongs to;
// one that comes late, for an attempt that is no more, changes nothing.
import { parseCloseReason } from '@wsticket/protocol'
import type {
  Cause,
  ConnectingState,
  ConnectionState,
  Effect,
  FetchingState,
  History,
  Input,
  Moment,
  OpenState,
  RenewingState,
  Step,
  StoppedState,
  WaitingState,
} from './connection-types.js'
import { backoffDelay } from './reconnect.js'
import { type Remedy, remedyFor } from './remedies.js'

/** Longest time for a ticket, a handshake or a renewal, before it counts as failed. */
export const STEP_TIMEOUT_MS = 15_000

/** How long a connection has to last until the failures before it are forgotten. */
export const STABLE_AFTER_MS = 5000

const NO_HISTORY: History = { failures: 0, tried: [] }

/** The first step of a connection; there is no state before it. */
export function start(): Step {
  const { state, effects } = fetchTicket({ attempt: 0, history: NO_HISTORY }, { code: 'started' }, false)
  return { state, effects }
}

/** Tells what follows from an input. Pure: the same arguments give the same step. */
export function transition(state: ConnectionState, input: Input, moment: Moment): Step {
  const ignored: Step = { state, effects: [] }
  if (state.name === 'stopped') return ignored
  if ('attempt' in input && input.attempt !== state.attempt) return ignored
  const next = follow(state, input, moment)
  if (next === undefined) return ignored
  return { ...next, change: { from: state, to: next.state, cause: next.state.cause } }
}

type ActiveState = Exclude<ConnectionState, StoppedState>
type Next = { readonly state: ConnectionState; readonly effects: readonly Effect[] }

function follow(state: ActiveState, input: Input, moment: Moment): Next | undefined {
  if (input.type === 'close') return stop(state, { code: 'closed_by_client' }, input)
  switch (state.name) {
    case 'fetching':
      return whileFetching(state, input, moment)
    case 'connecting':
      return whileConnecting(state, input, moment)
    case 'open':
    case 'renewing':
      return whileLive(state, input, moment)
    case 'waiting':
      return whileWaiting(state, input)
  }
}

function whileFetching(state: FetchingState, input: Input, moment: Moment): Next | undefined {
  switch (input.type) {
    case 'ticket-fetched':
      if (state.step !== 'ticket') return undefined
      return {
        state: { ...common(state, { code: 'ticket_fetched' }), name: 'connecting', ref: input.ref },
        effects: [
          ...(input.userChanged ? [{ type: 'empty-outbox' } as const] : []),
          { type: 'dial', attempt: state.attempt },
          timer(state.attempt, STEP_TIMEOUT_MS),
        ],
      }
    case 'config-read':
      if (state.step !== 'config') return undefined
      return input.pathwayOpen
        ? fetchTicket(state, { code: 'pathway_open' }, false)
        : stop(state, { code: 'pathway_disabled' })
    case 'fetch-failed':
      return recover(state, input.cause, moment)
    case 'timer':
      return recover(state, { code: 'network_unreachable' }, moment)
    default:
      return undefined
  }
}

function whileConnecting(state: ConnectingState, input: Input, moment: Moment): Next | undefined {
  switch (input.type) {
    case 'socket-opened':
      return {
        state: {
          ...common(state, { code: 'connected' }),
          name: 'open',
          ref: state.ref,
          since: moment.now,
          failedRenewals: 0,
          refreshNext: false,
        },
        effects: [renewalTimer(state.attempt, input.renewInMs), { type: 'flush-outbox' }],
      }
    case 'socket-closed':
      return recover(state, causeOfClose(input, 'connection_failed'), moment)
    case 'timer':
      return recover(state, { code: 'connection_failed' }, moment)
    default:
      return undefined
  }
}

function whileLive(state: OpenState | RenewingState, input: Input, moment: Moment): Next | undefined {
  if (input.type === 'socket-closed') {
    return recover(state, causeOfClose(input, 'connection_lost'), moment)
  }
  if (state.name === 'open') {
    // Who asks for it by hand wants a later deadline, which only a fresh credential gives.
    if (input.type === 'renew') return renew({ ...state, refreshNext: true }, { code: 'renewal_due' })
    return input.type === 'timer' ? renew(state, { code: 'renewal_due' }) : undefined
  }
  switch (input.type) {
    case 'renewed':
      return {
        state: { ...state, name: 'open', cause: { code: 'renewed' }, failedRenewals: 0, refreshNext: false },
        effects: [renewalTimer(state.attempt, input.renewInMs)],
      }
    case 'renewal-failed':
      return renewalFailed(state, input.cause, moment)
    case 'timer':
      return renewalFailed(state, { code: 'network_unreachable' }, moment)
    default:
      return undefined
  }
}

function whileWaiting(state: WaitingState, input: Input): Next | undefined {
  if (input.type === 'timer' && state.for === 'delay') {
    return fetchTicket(state, { code: 'wait_over' }, state.refresh)
  }
  if (input.type === 'message-queued' && state.for === 'message') {
    return fetchTicket(state, { code: 'message_queued' }, state.refresh)
  }
  return undefined
}

/** Decides how a failure goes on: the table's remedy, the first time perhaps at once, later with backoff. */
function recover(state: ActiveState, cause: Cause, moment: Moment): Next {
  const history = historyOf(state, moment)
  const remedy = remedyFor(cause.code, {
    tried: history.tried.includes(cause.code),
    delayed: cause.retryAfterSeconds !== undefined,
    queued: moment.queued,
  })
  const after = {
    attempt: state.attempt,
    history: {
      failures: history.failures + 1,
      tried: history.tried.includes(cause.code) ? history.tried : [...history.tried, cause.code],
    },
  }
  const { state: next, effects } = carryOut(remedy, after, cause, {
    // A refresh that was owed to an earlier refusal is still owed after the network failed in between.
    refreshOwed: 'refresh' in state && state.refresh,
    failures: history.failures,
    moment,
  })
  return { state: next, effects: [...leave(state), ...effects] }
}

function carryOut(
  remedy: Remedy,
  before: { readonly attempt: number; readonly history: History },
  cause: Cause,
  facts: { readonly refreshOwed: boolean; readonly failures: number; readonly moment: Moment },
): Next {
  const refresh = remedy.refresh || facts.refreshOwed
  switch (remedy.next) {
    case 'stop':
      return stopped(before, cause)
    case 'fetch':
      return fetchTicket(before, cause, refresh)
    case 'ask-config': {
      const attempt = before.attempt + 1
      return {
        state: { ...before, attempt, cause, name: 'fetching', step: 'config', refresh: false },
        effects: [{ type: 'ask-config', attempt }, timer(attempt, STEP_TIMEOUT_MS)],
      }
    }
    case 'wait-for-message':
      return {
        state: { ...before, cause, name: 'waiting', for: 'message', until: undefined, refresh },
        effects: [{ type: 'clear-timer' }],
      }
    case 'wait': {
      const delayMs = backoffDelay({
        failures: facts.failures,
        random: facts.moment.random,
        retryAfterSeconds: cause.retryAfterSeconds,
      })
      const until = facts.moment.now + delayMs
      return {
        state: { ...before, cause, name: 'waiting', for: 'delay', until, refresh },
        effects: [timer(before.attempt, delayMs)],
      }
    }
  }
}

/** A renewal that fails ends nothing: the server closes the session at its deadline, and says so. */
function renewalFailed(state: RenewingState, cause: Cause, moment: Moment): Next {
  const remedy = remedyFor(cause.code, {
    tried: state.refreshNext,
    delayed: cause.retryAfterSeconds !== undefined,
    queued: false,
  })
  if (remedy.next === 'fetch' && remedy.refresh) {
    const again = renew({ ...state, refreshNext: true }, cause)
    return { state: again.state, effects: [{ type: 'abort-requests' }, ...again.effects] }
  }
  const delayMs =
    remedy.next === 'wait'
      ? backoffDelay({
          failures: state.failedRenewals,
          random: moment.random,
          retryAfterSeconds: cause.retryAfterSeconds,
        })
      : undefined
  return {
    state: {
      ...state,
      name: 'open',
      cause,
      failedRenewals: state.failedRenewals + 1,
      refreshNext: remedy.refresh,
    },
    effects: [{ type: 'abort-requests' }, renewalTimer(state.attempt, delayMs)],
  }
}

function renew(state: OpenState | RenewingState, cause: Cause): Next {
  return {
    state: { ...state, name: 'renewing', cause },
    effects: [
      { type: 'renew', attempt: state.attempt, refresh: state.refreshNext },
      timer(state.attempt, STEP_TIMEOUT_MS),
    ],
  }
}

function fetchTicket(
  before: { readonly attempt: number; readonly history: History },
  cause: Cause,
  refresh: boolean,
): Next {
  const attempt = before.attempt + 1
  return {
    state: { attempt, history: before.history, cause, name: 'fetching', step: 'ticket', refresh },
    effects: [{ type: 'fetch-ticket', attempt, refresh }, timer(attempt, STEP_TIMEOUT_MS)],
  }
}

function stop(
  state: ActiveState,
  cause: Cause,
  close: { readonly code?: number | undefined; readonly reason?: string | undefined } = {},
): Next {
  const live = state.name === 'open' || state.name === 'renewing'
  const { state: next, effects } = stopped(state, cause)
  return {
    state: next,
    effects: [
      ...leave(state),
      ...(live ? [{ type: 'close-socket', code: close.code, reason: close.reason } as const] : []),
      ...effects,
    ],
  }
}

function stopped(before: { readonly attempt: number; readonly history: History }, cause: Cause): Next {
  return {
    state: { attempt: before.attempt, history: before.history, cause, name: 'stopped' },
    effects: [{ type: 'clear-timer' }, { type: 'empty-outbox' }],
  }
}

/** Ends what a state has under way, so that nothing of it arrives later. */
function leave(state: ActiveState): Effect[] {
  switch (state.name) {
    case 'fetching':
    case 'renewing':
      return [{ type: 'abort-requests' }]
    case 'connecting':
      return [{ type: 'drop-socket' }]
    case 'open':
    case 'waiting':
      return []
  }
}

function historyOf(state: ActiveState, moment: Moment): History {
  return 'since' in state && moment.now - state.since >= STABLE_AFTER_MS ? NO_HISTORY : state.history
}

function causeOfClose(
  close: { readonly code: number; readonly reason: string },
  unexplained: 'connection_failed' | 'connection_lost',
): Cause {
  const refusal = parseCloseReason(close.reason)
  if (refusal !== undefined) return { ...refusal, closeCode: close.code }
  // 1000: all is said. 3003 (Forbidden): the next try would be forbidden, too.
  const final = close.code === 1000 || close.code === 3003
  return { code: final ? 'closed_by_server' : unexplained, closeCode: close.code }
}

function common(state: ActiveState, cause: Cause): Pick<ActiveState, 'attempt' | 'history' | 'cause'> {
  return { attempt: state.attempt, history: state.history, cause }
}

function timer(attempt: number, delayMs: number): Effect {
  return { type: 'set-timer', attempt, delayMs }
}

function renewalTimer(attempt: number, delayMs: number | undefined): Effect {
  return delayMs === undefined ? { type: 'clear-timer' } : timer(attempt, delayMs)
}
