/** One call of one process, as it was seen from outside the store. */
export interface Call {
  readonly process: string
  /** Milliseconds of one monotonic clock that all processes share. */
  readonly began: number
  /** `undefined`: nobody was there any more to see its end. */
  readonly ended: number | undefined
}

/**
 * A call whose outcome nobody knows: it failed, or its process was killed. It may have been carried out at any time since
 * it began, even after the caller was told that it failed.
 */
export interface Indeterminate {
  readonly kind: 'indeterminate'
}

export interface IssueCall extends Call {
  readonly name: 'issue'
  readonly ref: string
  readonly singleUse: boolean
  readonly subject: string
  readonly login: string | undefined
  readonly outcome:
    | { readonly kind: 'issued'; readonly remainingMs: number }
    | { readonly kind: 'refused'; readonly code: string }
    | Indeterminate
}

export interface RedeemCall extends Call {
  readonly name: 'redeem'
  readonly ref: string
  /** Who asks: the same attempt may ask again, any other is somebody else. */
  readonly attempt: string
  /** `store`: what the store answered to a node. `door`: what a client got from a node. */
  readonly at: 'store' | 'door'
  readonly outcome:
    | { readonly kind: 'admitted' }
    /** `code`: `used`, `expired`, `revoked`, `voided`, `unknown`, or another. */
    | { readonly kind: 'refused'; readonly code: string }
    | Indeterminate
}

export interface RevokeCall extends Call {
  readonly name: 'revoke'
  readonly target:
    | { readonly kind: 'ticket' | 'session'; readonly ref: string }
    | { readonly kind: 'login'; readonly subject: string; readonly login: string }
    | { readonly kind: 'subject'; readonly subject: string }
  /** `unknown`: there was nothing to revoke. */
  readonly outcome: { readonly kind: 'revoked' | 'unknown' } | Indeterminate
}

export type HistoryCall = IssueCall | RedeemCall | RevokeCall

/** What is to be held against a history. */
export interface Expectations {
  /** How far the store's clock may differ from the processes' over a ticket's life. */
  readonly clockBoundMs: number
  /** How long after its acknowledgement a revoke may still be unheard of somewhere. */
  readonly revokeBoundMs: number
  /**
   * The same for what no fence keeps from coming back after a failover: reusable tickets, and credentials that a logout
   * has overtaken. @default `revokeBoundMs`
   */
  readonly unfencedBoundMs?: number
  /**
   * Whether something failed meanwhile, so that the store may void or lose what it gave out. If nothing did, somebody has
   * to win, and nothing may be lost.
   */
  readonly faults: boolean
}

/** A sentence of the contract that a history breaks. */
export type Rule =
  | 'admitted to two attempts'
  | 'admitted without an issue'
  | 'admitted after the expiry'
  | 'admitted after a revoke'
  | 'admitted without the word of the store'
  | 'issued after a logout'
  | 'used by nobody'
  | 'revoked by nobody'
  | 'expired too early'
  | 'refused to issue'
  | 'admitted to nobody'
  | 'refused a retry'
  | 'lost without a fault'

/** One breach, with what proves it. */
export interface Breach {
  readonly rule: Rule
  /** The ref of the ticket. */
  readonly about: string
  /** Everything that was done to it, in the order in which it began. */
  readonly calls: readonly HistoryCall[]
}
