import {
  type CarrierReading,
  type Pathway,
  REFUSALS,
  readCarriers,
  WSTICKET_PROTOCOL,
} from '@wsticket/protocol'
import { type Refused, refused } from '../authority/context.js'
import { isWsticketError, messageOf, RETRY_AFTER_SECONDS } from '../errors.js'
import type { Claims } from '../identity/principal.js'
import type { AddressLimits } from '../rate/address-limits.js'
import { clientAddress, type Networks } from '../request/addresses.js'
import { bindingCookie } from '../request/binding-cookie.js'
import { headerValue } from '../request/message.js'
import { NOT_LISTED, type Origins } from '../request/origins.js'
import {
  type Chosen,
  choosePathway,
  type NotChosen,
  type PathwayEntry,
  type PathwayRequest,
  pathwayDisabled,
} from './pathways.js'
import { DRAINING, SessionOpener, type SessionOpenerParts } from './session-opener.js'
import type { Admission, AdmittedUpgrade, RedeemContext, RefusedUpgrade, UpgradeRequest } from './upgrade.js'
import { checkUpgrade } from './upgrade-check.js'

const NO_ORIGIN = 'there is no Origin header, and "requireOrigin" is set'

export interface AdmissionParts<C extends Claims> extends SessionOpenerParts<C> {
  readonly origins: Origins
  readonly requireOrigin: boolean
  readonly trusted: Networks
  readonly addresses: AddressLimits
  /** All pathways, open or not, in the order of preference. */
  readonly pathways: readonly PathwayEntry<C>[]
}

/** What is known of who knocks, whatever comes of it. */
interface Knock extends RedeemContext {
  readonly pathway: Pathway | undefined
}

/** Decides about upgrades: origin, pathway, credential, session. */
export class AdmissionDesk<C extends Claims = Claims> {
  readonly #parts: AdmissionParts<C>
  readonly #opener: SessionOpener<C>

  constructor(parts: AdmissionParts<C>) {
    this.#parts = parts
    this.#opener = new SessionOpener(parts)
  }

  /** Decides about one upgrade for a route. A dependency that fails is a refusal, not a rejection. */
  async admit(request: UpgradeRequest, audience: string): Promise<AdmittedUpgrade<C> | RefusedUpgrade> {
    const { headers } = request
    const address = clientAddress(headers, request.peer, this.#parts.trusted)
    const reading = readCarriers({
      target: request.target,
      protocolHeader: headerValue(headers, 'sec-websocket-protocol'),
    })
    const seen = { request, reading, address }
    const chosen = choosePathway(this.#parts.pathways, seen)
    const origin = this.#parts.origins.read(headers)
    const knock: Knock = {
      audience,
      address,
      ...(origin.kind === 'absent' ? {} : { origin: origin.origin }),
      cookie: bindingCookie(headers),
      ...(chosen.ok
        ? { carrier: chosen.presented.carrier, pathway: chosen.pathway.name }
        : { carrier: chosen.carrier, pathway: chosen.pathway }),
    }
    const early = this.#refuseEarly(request, reading)
    if (early !== undefined) return this.#refuse(early, knock, 'http')
    const originOk = origin.kind === 'allowed' || (origin.kind === 'absent' && !this.#parts.requireOrigin)
    if (!originOk)
      return this.#refuse(
        refused({ code: 'origin_refused' }, origin.kind === 'absent' ? NO_ORIGIN : NOT_LISTED),
        knock,
        'http',
      )
    const answer = reading.offersRefusals ? 'socket' : 'http'
    const free = this.#parts.addresses.takeSocket(address)
    if (free === undefined) {
      return this.#refuse(refused({ code: 'rate_limited' }, 'sockets of one address'), knock, answer)
    }
    const outcome = await this.#enter(chosen, seen, knock).catch((error: unknown) => {
      free()
      throw error
    })
    if (!outcome.ok) return this.#refuse(outcome, knock, answer, free)
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
    const knock: Knock = { ...context, pathway: 'ticket' }
    const open = this.#parts.pathways.find(({ pathway, mode }) => pathway.name === 'ticket' && mode !== 'off')
    const outcome =
      open === undefined
        ? pathwayDisabled
        : await this.#orUnavailable(() => {
            const way = { pathway: 'ticket', deprecated: open.mode === 'warn' } as const
            return this.#opener.open({ ok: true, ticket }, context, way)
          })
    if (!outcome.ok) this.#report(outcome, knock)
    return outcome
  }

  #refuseEarly(request: UpgradeRequest, reading: CarrierReading): Refused | undefined {
    const improper = checkUpgrade(request, request.headerBytes)
    if (improper !== undefined) return refused(improper)
    if (reading.found.kind !== 'malformed') return undefined
    const detail = 'Sec-WebSocket-Protocol must be a list of distinct tokens'
    return refused({ code: 'request_invalid', detail })
  }

  /** Lets the chosen pathway decide. */
  async #enter(
    chosen: Chosen<C> | NotChosen,
    request: PathwayRequest,
    context: RedeemContext,
  ): Promise<Admission<C> | Refused> {
    if (this.#parts.draining()) return refused(DRAINING)
    if (!chosen.ok) return chosen
    const { pathway, presented, deprecated } = chosen
    return this.#orUnavailable(async () => {
      const proven =
        this.#overRate(pathway.name, request.address) ?? (await pathway.prove(presented, request))
      return proven.ok ? this.#opener.open(proven, context, { pathway: pathway.name, deprecated }) : proven
    })
  }

  /** Whoever comes without a ticket takes one here and now: it counts as a request for one. */
  #overRate(pathway: Pathway, address: string): Refused | undefined {
    const quota = pathway === 'ticket' ? undefined : this.#parts.addresses.countRequest(address)
    if (quota === undefined || quota.allowed) return undefined
    const retryAfterSeconds = Math.max(Math.ceil(quota.resetMs / 1000), 1)
    return refused({ code: 'rate_limited', retryAfterSeconds }, 'requests of one address')
  }

  async #orUnavailable<T>(decide: () => Promise<T>): Promise<T | Refused> {
    try {
      return await decide()
    } catch (error) {
      if (!isWsticketError(error)) throw error
      const { code, retryAfterSeconds = RETRY_AFTER_SECONDS } = error
      return refused({ code, retryAfterSeconds }, messageOf(error))
    }
  }

  #refuse(
    outcome: Refused,
    knock: Knock,
    wished: RefusedUpgrade['answer'],
    release: () => void = () => {},
  ): RefusedUpgrade {
    this.#report(outcome, knock)
    // Only what has a close code can be told over a socket.
    const answer = REFUSALS[outcome.refusal.code].close === undefined ? 'http' : wished
    if (answer === 'http') release()
    return { ok: false, refusal: outcome.refusal, answer, release }
  }

  #report({ refusal, reason }: Refused, { pathway, audience, address, origin, carrier }: Knock): void {
    const { code, ref, detail } = refusal
    const about = { pathway, audience, address, origin, carrier }
    this.#parts.events.emit('redeem.refused', { code, ref, reason: reason ?? detail, ...about })
  }
}
