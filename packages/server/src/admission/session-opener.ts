import type { Pathway, Refusal } from '@wsticket/protocol'
import type { Authority } from '../authority/authority.js'
import { type Refused, refused } from '../authority/context.js'
import type { Presentation, Redeemed } from '../authority/redeem.js'
import { cookieHash } from '../authority/secret.js'
import type { Clock } from '../clock.js'
import { RETRY_AFTER_SECONDS } from '../errors.js'
import type { EventHub } from '../events/hub.js'
import type { Claims } from '../identity/principal.js'
import { networkOf } from '../request/addresses.js'
import type { HeldSession } from '../sessions/held-session.js'
import type { SessionRegistry } from '../sessions/registry.js'
import type { Proven } from './pathways.js'
import type { Admission, RedeemContext } from './upgrade.js'

/** By then a load balancer looks elsewhere. */
export const DRAINING: Refusal = { code: 'draining', retryAfterSeconds: RETRY_AFTER_SECONDS }

export interface SessionOpenerParts<C extends Claims> {
  readonly authority: Authority<C>
  readonly registry: SessionRegistry<C>
  readonly events: EventHub
  readonly clock: Clock
  /** Resolves once this node may admit. */
  readonly begin: () => Promise<void>
  readonly draining: () => boolean
}

/** Which way somebody came. */
export interface Way {
  readonly pathway: Pathway
  readonly deprecated: boolean
}

/** Opens the session of whoever has proved to be somebody, and gives it its place on this node. */
export class SessionOpener<C extends Claims = Claims> {
  readonly #parts: SessionOpenerParts<C>
  #begun = false

  constructor(parts: SessionOpenerParts<C>) {
    this.#parts = parts
  }

  /** Rejects with a `WsticketError` if the store fails. */
  async open(proven: Proven<C>, context: RedeemContext, way: Way): Promise<Admission<C> | Refused> {
    const { authority, registry, clock, begin, draining } = this.#parts
    // A credential takes its time to verify, and a node that has let go of the store meanwhile must not open anything.
    if (draining()) return refused(DRAINING)
    const startedAt = clock.now()
    const { audience, address, origin, carrier } = context
    const seat = registry.seat()
    try {
      // Asked once only: an `await` more for every upgrade is not free.
      if (!this.#begun) await begin()
      this.#begun = true
      const presentation = presentationOf(context)
      const opened =
        'ticket' in proven
          ? await authority.redeem(proven.ticket, presentation)
          : await authority.open(proven.principal, presentation)
      if (!opened.ok) return opened
      this.#tell(opened, context, way, clock.now() - startedAt)
      const { pathway } = way
      return this.#admission(seat.take({ ...opened, pathway, audience, carrier, address, origin }))
    } finally {
      seat.leave()
    }
  }

  #tell({ ref, principal }: Redeemed<C>, context: RedeemContext, way: Way, durationMs: number): void {
    const { events } = this.#parts
    const { audience, carrier, address, origin } = context
    const about = { ref, subject: principal.subject, audience, carrier, address, origin, durationMs }
    if (way.pathway === 'ticket') events.emit('ticket.redeemed', about)
    if (way.pathway !== 'ticket' || way.deprecated) events.emit('pathway.used', { ...way, ...about })
  }

  #admission(session: HeldSession<C>): Admission<C> {
    const { registry } = this.#parts
    return {
      ok: true,
      session,
      hold: (socket) => registry.hold(session, socket),
      release: () => session.ended(),
    }
  }
}

function presentationOf({ audience, address, origin, cookie }: RedeemContext): Presentation {
  return {
    audience,
    address,
    shown: {
      origin,
      network: address === undefined ? undefined : networkOf(address),
      cookie: cookie === undefined ? undefined : cookieHash(cookie),
    },
  }
}
