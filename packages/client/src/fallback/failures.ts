import type { Pathway } from '@wsticket/protocol'
import type { CauseCode } from '../core/connection-types.js'

/** What a failure says about the pathway that was tried. */
export type Weight =
  /** It counts: the server or the pathway itself failed. */
  | 'counts'
  /** It counts if the server answers over HTTP in the same moment; else there is no network, or no server at all. */
  | 'counts-if-reachable'
  /** The pathway is not there, so trying it again would not help. */
  | 'at-once'
  /** It says nothing about the pathway. */
  | 'never'

const WEIGHTS: { readonly [code in CauseCode]?: Weight } = {
  // The pathway's own parts fail; another one may do without them.
  store_unavailable: 'counts',
  ticket_unknown: 'counts',
  ticket_expired: 'counts',
  ticket_used: 'counts',
  ticket_voided: 'counts',
  // Nobody says whether this is the pathway, the network, or something in between that answers in the server's place.
  network_unreachable: 'counts-if-reachable',
  connection_failed: 'counts-if-reachable',
  upstream_unreachable: 'counts-if-reachable',
  response_invalid: 'counts-if-reachable',
  // A server from before tickets, or one that has this pathway switched off.
  not_found: 'at-once',
  pathway_disabled: 'at-once',
}

/**
 * Tells what a failure says about a pathway. What is not listed says nothing about it, and so never leads to a lesser one:
 *
 * - The user: `credential_*`, `ticket_revoked`, `session_*`, `permissions_exceeded`. Who was logged out must not come back by
 *   another door.
 * - How much this user does: `rate_limited`, `session_limit`. Another pathway would be a way around the limit.
 * - The request: `request_invalid`, `audience_mismatch`, `binding_mismatch`, `origin_refused`. A lesser pathway would only hide
 *   what has to be mended, and a binding is there to keep a thief out.
 * - A node that goes: `draining`. The next one takes tickets.
 * - The identity service: `identity_unavailable`. The JWT pathway asks the same one.
 * - The network: `offline`. Nothing gets through without one.
 */
export function weightOf(code: CauseCode): Weight {
  return WEIGHTS[code] ?? 'never'
}

/**
 * Counts failures in a row, of each pathway and each socket by itself: three sockets that lost one server have not failed three
 * times. Those of one user say nothing to the next.
 */
export class FailuresInARow {
  readonly #counts = new Map<Pathway, WeakMap<object, number>>()
  #era: number | undefined

  /** Counts one more, in the era of a user; gives the count. */
  add(pathway: Pathway, by: object, era: number): number {
    if (era !== this.#era) this.#counts.clear()
    this.#era = era
    const counts = this.#counts.get(pathway) ?? new WeakMap<object, number>()
    const failures = (counts.get(by) ?? 0) + 1
    this.#counts.set(pathway, counts.set(by, failures))
    return failures
  }

  /** Begins anew for everybody: the pathway works, or is only now gone over to. */
  forget(pathway: Pathway): void {
    this.#counts.delete(pathway)
  }
}
