import type { Cause, ConnectionState, StateChange } from './connection-types.js'

/** Fired at each change of state; `from` and `to` are whole states, their `name` is the short form. */
export class StateChangeEvent extends Event implements StateChange {
  readonly from: ConnectionState
  readonly to: ConnectionState
  /** Why; the same as `to.cause`. */
  readonly cause: Cause

  constructor(change: StateChange) {
    super('statechange')
    this.from = change.from
    this.to = change.to
    this.cause = change.cause
  }
}

/** Has the shape of a browser's `CloseEvent`, which not every runtime has. */
export class ConnectionCloseEvent extends Event implements CloseEvent {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean

  constructor(close: { readonly code: number; readonly reason: string; readonly wasClean: boolean }) {
    super('close')
    this.code = close.code
    this.reason = close.reason
    this.wasClean = close.wasClean
  }
}
