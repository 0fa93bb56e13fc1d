import type { Cause, ConnectionState, StateChange } from './connection-types.js'

/** Fired at each change of state; `from` and `to` are whole states, their `name` is the short form. */
export class StateChangeEvent extends Event implements StateChange {
  readonly from: ConnectionState
  readonly to: ConnectionState

  constructor(from: ConnectionState, to: ConnectionState) {
    super('statechange')
    this.from = from
    this.to = to
  }

  /** Why; the same as `to.cause`. */
  get cause(): Cause {
    return this.to.cause
  }
}

/** How a socket ended. */
export interface Close {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

/** Has the shape of a browser's `CloseEvent`, which not every runtime has. */
export class ConnectionCloseEvent extends Event implements CloseEvent {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean

  // As the browser's is made, since libraries make copies of events by their constructors.
  constructor(type: string, { code, reason, wasClean }: Close) {
    super(type)
    this.code = code
    this.reason = reason
    this.wasClean = wasClean
  }
}
