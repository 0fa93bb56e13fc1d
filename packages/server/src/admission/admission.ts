import {
  type Carrier,
  type CarrierReading,
  REFUSALS,
  type Refusal,
  readCarriers,
  WSTICKET_PROTOCOL,
} from '@wsticket/protocol'
import type { Authority } from '../authority/authority.js'
import { type Refused, refused } from '../authority/context.js'
import { cookieHash } from '../authority/secret.js'
import type { Clock } from '../clock.js'
import { isWsticketError, messageOf, RETRY_AFTER_SECONDS } from '../errors.js'
import type { EventHub } from '../events/hub.js'
import type { Claims } from '../identity/principal.js'
import type { AddressLimits } from '../rate/address-limits.js'
import { clientAddress, type Networks, networkOf } from '../request/addresses.js'
import { bindingCookie } from '../request/binding-cookie.js'
import { headerValue, type RequestData } from '../request/message.js'
import type { Origins } from '../request/origins.js'
import type { HeldSession } from '../sessions/held-session.js'
import type { SessionRegistry } from '../sessions/registry.js'
import type { HeldSocket, Session, SocketHold } from '../sessions/session.js'
import { checkUpgrade } from './upgrade-check.js'

// By then a load balancer looks elsewhere.
const DRAINING: Refusal = { code: 'draining', retryAfterSeconds: RETRY_AFTER_SECONDS }

/** An upgrade request, as plain data. */
export interface UpgradeRequest extends RequestData {
  /** Bytes of all header lines together. */
  readonly headerBytes: number
  /** As in the request line, `1.1`; absent where the runtime sees to it. */
  readonly httpVersion?: string | undefined
}

/** A session whose socket is about to come. Exactly one of `hold` and `release` MUST be called. */
export interface Admission<C extends Claims = Claims> {
  readonly ok: true
  readonly session: Session<C>
  /** Hands the socket over; from then on deadline, heartbeat and revocations close it. */
  hold(socket: HeldSocket): SocketHold
  /** There will be no socket: the session ends. */
  release(): void
}

/** An upgrade that is let in. */
export interface AdmittedUpgrade<C extends Claims = Claims> extends Admission<C> {
  /** The request target without the ticket: all that the application may see. */
  readonly target: string
  /** The application's own subprotocols, as offered, for it to select one. */
  readonly protocols: readonly string[]
  /** What to select if the application selects none. */
  readonly fallbackProtocol: string | undefined
}

/** An upgrade that is not. */
export interface RefusedUpgrade {
  readonly ok: false
  readonly refusal: Refusal
  /** `socket`: accept with `wsticket.refused` and send a close frame, since the client can read that. */
  readonly answer: 'http' | 'socket'
  /** MUST be called when the refused socket is gone, or never was: until then it counts as one of its address. */
  readonly release: () => void
}

/** What a ticket is presented with, when there is no upgrade request to read it from. */
export interface RedeemContext {
  readonly audience: string
  readonly origin?: string | undefined
  readonly address?: string | undefined
  /** The value of the binding cookie. */
  readonly cookie?: string | undefined
  readonly carrier?: Carrier | undefined
}

export interface AdmissionParts<C extends Claims> {
  readonly authority: Authority<C>
  readonly registry: SessionRegistry<C>
  readonly events: EventHub
  readonly clock: Clock
  readonly origins: Origins
  readonly requireOrigin: boolean
  readonly trusted: Networks
  readonly addresses: AddressLimits
  /** Resolves once this node may admit. */
  readonly begin: () => Promise<void>
  readonly draining: () => boolean
}

/** Decides about upgrades: origin, carrier, ticket, session. */
export class AdmissionDesk<C extends Claims = Claims> {
  readonly #parts: AdmissionParts<C>
  #begun = false

  constructor(parts: AdmissionParts<C>) {
    this.#parts = parts
  }

  /** Decides about one upgrade for a route. A dependency that fails is a refusal, not a rejection. */
  async admit(request: UpgradeRequest, audience: string): Promise<AdmittedUpgrade<C> | RefusedUpgrade> {
    const { headers } = request
    const address = clientAddress(headers, request.peer, this.#parts.trusted)
    const reading = readCarriers({
      target: request.target,
      protocolHeader: headerValue(headers, 'sec-websocket-protocol'),
    })
    const origin = this.#parts.origins.read(headers)
    const context: RedeemContext = {
      audience,
      address,
      ...(origin.kind === 'absent' ? {} : { origin: origin.origin }),
      cookie: bindingCookie(headers),
      ...(reading.found.kind === 'ticket' ? { carrier: reading.found.carrier } : {}),
    }
    const early = this.#refuseEarly(request, reading)
    if (early !== undefined) return this.#refuse(early, context, 'http')
    const originOk = origin.kind === 'allowed' || (origin.kind === 'absent' && !this.#parts.requireOrigin)
    if (!originOk) return this.#refuse(refused({ code: 'origin_refused' }), context, 'http')
    const answer = reading.offersRefusals ? 'socket' : 'http'
    const free = this.#parts.addresses.takeSocket(address)
    if (free === undefined) {
      return this.#refuse(refused({ code: 'rate_limited' }, 'sockets of one address'), context, answer)
    }
    const outcome = await this.#redeemFound(reading.found, context).catch((error: unknown) => {
      free()
      throw error
    })
    if (!outcome.ok) return this.#refuse(outcome, context, answer, free)
    outcome.session.signal.addEventListener('abort', free, { once: true })
    if (outcome.session.signal.aborted) free()
    return {
      ...outcome,
      target: reading.target,
      protocols: reading.protocols,
      fallbackProtocol: reading.offersTicketProtocol ? WSTICKET_PROTOCOL : undefined,
    }
  }

  /** Redeems a ticket that came some other way. */
  async redeem(ticket: string, context: RedeemContext): Promise<Admission<C> | Refused> {
    const outcome = this.#parts.draining() ? refused(DRAINING) : await this.#redeem(ticket, context)
    if (!outcome.ok) this.#report(outcome, context)
    return outcome
  }

  #refuseEarly(request: UpgradeRequest, reading: CarrierReading): Refused | undefined {
    const improper = checkUpgrade(request, request.headerBytes)
    if (improper !== undefined) return refused(improper)
    if (reading.found.kind !== 'malformed') return undefined
    const detail = 'Sec-WebSocket-Protocol must be a list of distinct tokens'
    return refused({ code: 'request_invalid', detail })
  }

  async #redeemFound(
    found: CarrierReading['found'],
    context: RedeemContext,
  ): Promise<Admission<C> | Refused> {
    if (this.#parts.draining()) return refused(DRAINING)
    if (found.kind === 'ambiguous') return refused({ code: 'credential_ambiguous' })
    if (found.kind !== 'ticket') return refused({ code: 'credential_missing' })
    return this.#redeem(found.ticket, context)
  }

  async #redeem(ticket: string, context: RedeemContext): Promise<Admission<C> | Refused> {
    const { authority, registry, clock, events } = this.#parts
    const startedAt = clock.now()
    const { audience, address, origin, carrier, cookie } = context
    const seat = registry.seat()
    try {
      // Asked once only: an `await` more for every upgrade is not free.
      if (!this.#begun) await this.#parts.begin()
      this.#begun = true
      const redeemed = await authority.redeem(ticket, {
        audience,
        address,
        shown: {
          origin,
          network: address === undefined ? undefined : networkOf(address),
          cookie: cookie === undefined ? undefined : cookieHash(cookie),
        },
      })
      if (!redeemed.ok) return redeemed
      const { ref, principal } = redeemed
      const durationMs = clock.now() - startedAt
      events.emit('ticket.redeemed', {
        ref,
        subject: principal.subject,
        audience,
        carrier,
        address,
        origin,
        durationMs,
      })
      const session = seat.take({ ...redeemed, audience, carrier, address, origin })
      return this.#admission(session)
    } catch (error) {
      if (!isWsticketError(error)) throw error
      return refused({ code: error.code, retryAfterSeconds: RETRY_AFTER_SECONDS }, messageOf(error))
    } finally {
      seat.leave()
    }
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

  #refuse(
    outcome: Refused,
    context: RedeemContext,
    wished: RefusedUpgrade['answer'],
    release: () => void = () => {},
  ): RefusedUpgrade {
    this.#report(outcome, context)
    // Only what has a close code can be told over a socket.
    const answer = REFUSALS[outcome.refusal.code].close === undefined ? 'http' : wished
    if (answer === 'http') release()
    return { ok: false, refusal: outcome.refusal, answer, release }
  }

  #report({ refusal, reason }: Refused, context: RedeemContext): void {
    const { audience, address, origin, carrier } = context
    const { code, ref, detail } = refusal
    this.#parts.events.emit('redeem.refused', {
      code,
      ref,
      reason: reason ?? detail,
      audience,
      address,
      origin,
      carrier,
    })
  }
}
