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
  | 'message_queued'
  | 'pathway_open'
  /** The handshake failed, or took too long, and nobody said why. */
  | 'connection_failed'
  /** An open connection ended, and nobody said why. */
  | 'connection_lost'
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
}

/** The connection waits for a ticket, or for the server's word on whether tickets are what it wants. */
export interface FetchingState extends Common {
  readonly name: 'fetching'
  readonly step: 'ticket' | 'config'
  /** Whether the credential is refreshed first. */
  readonly refresh: boolean
}

/** A socket is on its way with a ticket. */
export interface ConnectingState extends Common {
  readonly name: 'connecting'
  /** The ticket's public handle; the session's id once connected. */
  readonly ref: string | undefined
}

interface Live extends Common {
  readonly ref: string | undefined
  /** Milliseconds since 1970. */
  readonly since: number
  /** Renewals that failed in a row. */
  readonly failedRenewals: number
  /** Whether the next renewal refreshes the credential first. */
  readonly refreshNext: boolean
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
  /** When the next attempt starts, in milliseconds since 1970; absent while it waits for a message. */
  readonly until: number | undefined
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

/** What can happen to a connection. */
export type Input =
  | {
      readonly type: 'ticket-fetched'
      readonly attempt: number
      readonly ref: string | undefined
      /** Whether the ticket is for another user than the one before. */
      readonly userChanged: boolean
    }
  | { readonly type: 'config-read'; readonly attempt: number; readonly pathwayOpen: boolean }
  | { readonly type: 'fetch-failed'; readonly attempt: number; readonly cause: Cause }
  | { readonly type: 'socket-opened'; readonly attempt: number; readonly renewInMs: number | undefined }
  | {
      readonly type: 'socket-closed'
      readonly attempt: number
      readonly code: number
      readonly reason: string
    }
  | { readonly type: 'renew' }
  | { readonly type: 'renewed'; readonly attempt: number; readonly renewInMs: number | undefined }
  | { readonly type: 'renewal-failed'; readonly attempt: number; readonly cause: Cause }
  | { readonly type: 'timer'; readonly attempt: number }
  | { readonly type: 'message-queued' }
  | { readonly type: 'close'; readonly code?: number | undefined; readonly reason?: string | undefined }

/** What is to be done about it, in this order. */
export type Effect =
  | { readonly type: 'fetch-ticket'; readonly attempt: number; readonly refresh: boolean }
  | { readonly type: 'ask-config'; readonly attempt: number }
  | { readonly type: 'dial'; readonly attempt: number }
  | { readonly type: 'renew'; readonly attempt: number; readonly refresh: boolean }
  /** Gives up the requests that are under way. */
  | { readonly type: 'abort-requests' }
  /** Takes the place of the timer before it: there is never more than one. */
  | { readonly type: 'set-timer'; readonly attempt: number; readonly delayMs: number }
  | { readonly type: 'clear-timer' }
  /** Closes the open socket; what it still says is listened to. */
  | { readonly type: 'close-socket'; readonly code: number | undefined; readonly reason: string | undefined }
  /** Closes a socket that never opened; nothing of it is listened to any more. */
  | { readonly type: 'drop-socket' }
  | { readonly type: 'flush-outbox' }
  | { readonly type: 'empty-outbox' }

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
  readonly cause: Cause
}

/** What follows from an input. */
export interface Step {
  readonly state: ConnectionState
  /** Absent if the input was late or meant nothing here. */
  readonly change?: StateChange
  readonly effects: readonly Effect[]
}
