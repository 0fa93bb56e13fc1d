import type { Pathway } from '@wsticket/protocol'
import type { TicketErrorCode } from './ticket-error.js'

/** What moved a connection from one state to another, or ended it. */
export type CauseCode =
  | TicketErrorCode
  | 'started'
  | 'ticket_fetched'
  | 'connected'
  | 'renewal_due'
  | 'renewed'
  | 'wait_over'
  /** The page or its network came back: what is waited for is tried soon, what is open is looked after. */
  | 'woke'
  | 'message_queued'
  | 'pathway_open'
  /** The handshake failed, or took too long, and nobody said why. */
  | 'connection_failed'
  /** An open connection ended, and nobody said why. */
  | 'connection_lost'
  /** It failed, and the browser says that there is no network. */
  | 'offline'
  /** HTTP gets through and upgrades do not: a proxy, a firewall, an extension. Only a diagnosis can tell. */
  | 'websocket_blocked'
  /** The application's server closed with 1000 or, without one of our reasons, with 3003. */
  | 'closed_by_server'
  | 'closed_by_client'

/** Why a connection is in the state in which it is. */
export interface Cause {
  readonly code: CauseCode
  /** Seconds after which another try makes sense, as the server said. */
  readonly retryAfterSeconds?: number | undefined
  /** The code of the close frame, where there was one. */
  readonly closeCode?: number | undefined
  /** Which field or header is wrong, for programmers. */
  readonly detail?: string | undefined
}

/** What a connection remembers of its failures until it has been stable for a while. */
export interface History {
  /** Failures in a row. */
  readonly failures: number
  /** Codes whose remedy was tried already. */
  readonly tried: readonly CauseCode[]
}

interface Common {
  /** Counts the tickets that were asked for, from 1. */
  readonly attempt: number
  readonly cause: Cause
  readonly history: History
  /**
   * When it moves by itself, at the latest, in milliseconds since 1970. Absent from a connection that is open and not renewed, from
   * one that waits for a message, and from the end.
   */
  readonly until: number | undefined
}

/** The connection waits for a ticket, or for the server's word on whether tickets are what it wants. */
export interface FetchingState extends Common {
  readonly name: 'fetching'
  readonly step: 'ticket' | 'config'
  /** Whether the credential is refreshed first. */
  readonly refresh: boolean
}

interface Offered extends Common {
  /** The ticket's public handle; the session's id once connected. Absent where no ticket of ours is presented. */
  readonly ref: string | undefined
  /** What is presented. */
  readonly pathway: Pathway
}

/** A socket is on its way with a ticket. */
export interface ConnectingState extends Offered {
  readonly name: 'connecting'
}

interface Live extends Offered {
  /** Milliseconds since 1970. */
  readonly since: number
  /** Renewals that failed in a row. @default 0 */
  readonly failedRenewals?: number
  /** Whether the next renewal refreshes the credential first. @default false */
  readonly refreshNext?: boolean
}

/** Messages flow. */
export interface OpenState extends Live {
  readonly name: 'open'
}

/** Messages flow, and the session's deadline is being moved. */
export interface RenewingState extends Live {
  readonly name: 'renewing'
}

/** Nothing is tried until the delay is over, or until there is something to send. */
export interface WaitingState extends Common {
  readonly name: 'waiting'
  readonly for: 'delay' | 'message'
  readonly refresh: boolean
}

/** The end; `cause.code` says why. */
export interface StoppedState extends Common {
  readonly name: 'stopped'
}

/** Where a connection is. */
export type ConnectionState =
  | FetchingState
  | ConnectingState
  | OpenState
  | RenewingState
  | WaitingState
  | StoppedState

/** What can happen to a connection. What belongs to an attempt that is no more changes nothing. */
export type Input =
  | {
      readonly type: 'ticket-fetched'
      readonly attempt: number
      readonly ref: string | undefined
      readonly pathway: Pathway
    }
  | { readonly type: 'config-read'; readonly attempt: number; readonly pathwayOpen: boolean }
  | { readonly type: 'opened'; readonly attempt: number }
  /** There is no ticket, no connection, or no connection any more. */
  | { readonly type: 'failed'; readonly attempt: number; readonly cause: Cause }
  | { readonly type: 'renewed'; readonly attempt: number }
  | { readonly type: 'renewal-failed'; readonly attempt: number; readonly cause: Cause }
  /** Somebody found out why, while it waits. */
  | { readonly type: 'diagnosed'; readonly attempt: number; readonly cause: Cause }
  /** It is `until`. */
  | { readonly type: 'timer' }
  | { readonly type: 'woke' }
  | { readonly type: 'renew' }
  | { readonly type: 'message-queued' }
  | { readonly type: 'close' }

/** The facts of the moment that a decision depends on. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly now: number
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: number
  /** Whether messages wait in the outbox. */
  readonly queued: boolean
}

/** A change of state, as applications see it. */
export interface StateChange {
  readonly from: ConnectionState
  readonly to: ConnectionState
  /** Why; the same as `to.cause`. */
  readonly cause: Cause
}
