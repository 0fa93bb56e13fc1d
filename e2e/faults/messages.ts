import type { HistoryCall, RevokeCall } from '../../test/ticket-history/history.js'

/** Which Redis a worker connects to, and how. */
export type RedisTarget =
  | { readonly kind: 'single'; readonly port: number }
  | { readonly kind: 'sentinel'; readonly name: string; readonly ports: readonly number[] }
  | { readonly kind: 'cluster'; readonly ports: readonly number[] }

/**
 * The store that is tried, or one of those that have to fail: a plain `GETDEL`, and the same store without its fence.
 * `memory` is for one worker alone.
 */
export type StoreName = 'wsticket' | ControlName | 'memory'

export type ControlName = 'getdel' | 'unfenced'

export type ClientName = 'ioredis' | 'node-redis'

/** What a worker does to one ticket. Tickets are secrets: they travel here, and are never printed. */
export type Task =
  | {
      readonly name: 'issue'
      readonly subject: string
      readonly login: string
      readonly singleUse: boolean
      /** How long the credential has still to live; a ticket never outlives it. `undefined`: long. */
      readonly lifeMs: number | undefined
      readonly afterMs: number
    }
  | {
      readonly name: 'redeem'
      readonly ref: string
      readonly ticket: string
      readonly attempt: string
      /** `again`: once more with the same attempt after the answer; `twice`: at the same time. */
      readonly asks: 'once' | 'again' | 'twice'
      readonly afterMs: number
    }
  | { readonly name: 'revoke'; readonly target: RevokeCall['target']; readonly afterMs: number }

/** What is asked of a worker. */
export type Order =
  /** Makes a node over a store of this kind; one that is there is closed first. */
  | { readonly kind: 'open'; readonly store: StoreName; readonly target: RedisTarget }
  | { readonly kind: 'run'; readonly store: StoreName; readonly tasks: readonly Task[] }
  /** The sockets of everything that was admitted are gone. */
  | { readonly kind: 'release'; readonly store: StoreName }
  /** Waits for calls that nobody waits for any more; those that never end are told as such. */
  | { readonly kind: 'settle' }
  /** Ends itself by SIGKILL, as soon as the next redeem by an upgrade has won and before its 101. */
  | { readonly kind: 'die before the next 101' }

/** A ticket that a worker issued. */
export interface Issued {
  readonly ticket: string
  readonly ref: string
  readonly remainingMs: number
}

/** What a worker answers. */
export interface Answer {
  /** For `open`: where its HTTP server listens. */
  readonly port?: number
  /** For `run`: what each issue gave, in the order of the tasks. */
  readonly issued?: readonly (Issued | null)[]
}

export interface OrderMessage {
  readonly id: number
  readonly order: Order
}

/** What a worker sends, unasked and in answer. */
export interface WorkerMessage {
  /** What was done since the last message. */
  readonly calls: readonly HistoryCall[]
  readonly id?: number
  readonly answer?: Answer
  /** Instead of an answer. */
  readonly error?: string
}

/** The header by which a client of the lab says which attempt it is. */
export const ATTEMPT_HEADER = 'x-lab-attempt'
