import type { Carrier, CarrierReading, Pathway } from '@wsticket/protocol'
import { type Refused, refused } from '../authority/context.js'
import type { Claims, Principal } from '../identity/principal.js'
import type { RequestData } from '../request/message.js'

/** `off`, or `on`, or `warn`: it works, and each use is told as deprecated. */
export type PathwayMode = 'off' | 'warn' | 'on'

/** An upgrade request, as a pathway sees it. */
export interface PathwayRequest {
  readonly request: RequestData
  /** What its carriers hold. */
  readonly reading: CarrierReading
  readonly address: string
}

/** A credential as it was presented: a secret. */
export interface Presented {
  readonly credential: string
  readonly carrier?: Carrier | undefined
}

/** What a credential turned out to be: a ticket, which the authority redeems, or somebody. */
export type Proven<C extends Claims> =
  | { readonly ok: true; readonly ticket: string }
  | { readonly ok: true; readonly principal: Principal<C> }

/**
 * One way of authenticating an upgrade.
 *
 * `find` MUST be pure, and MUST find a credential of this pathway also when it is no good: what is found and then refused
 * never leads to another pathway. `prove` MUST give a principal only for a valid credential, and throw if it cannot tell.
 */
export interface UpgradePathway<C extends Claims = Claims> {
  readonly name: Pathway
  /** Whether who comes this way presents something: only then can it be told that this way was meant. */
  readonly needsCredential: boolean
  find(request: PathwayRequest): Presented | undefined
  prove(presented: Presented, request: PathwayRequest): Promise<Proven<C> | Refused>
}

/** A pathway, and whether it is open. */
export interface PathwayEntry<C extends Claims = Claims> {
  readonly pathway: UpgradePathway<C>
  readonly mode: PathwayMode
}

/** The pathway that decides about an upgrade, and what it decides about. */
export interface Chosen<C extends Claims = Claims> {
  readonly ok: true
  readonly pathway: UpgradePathway<C>
  readonly presented: Presented
  readonly deprecated: boolean
}

/** Why no pathway decides, and whose credential was there all the same. */
export type NotChosen = Refused & { readonly pathway?: Pathway; readonly carrier?: Carrier | undefined }

/** The refusal of a credential whose pathway is closed. */
export const pathwayDisabled: Refused = refused({ code: 'pathway_disabled' })

/**
 * Chooses the pathway of an upgrade: the first open one whose credential is there. A credential whose pathway is closed is
 * refused before anybody is let in without one, so that a downgrade is never silent.
 *
 * The entries are in the order of preference, the one that needs no credential last. Whoever rolls a pathway out to some callers
 * hands over other entries for those.
 */
export function choosePathway<C extends Claims>(
  entries: readonly PathwayEntry<C>[],
  request: PathwayRequest,
): Chosen<C> | NotChosen {
  if (request.reading.found.kind === 'ambiguous') return refused({ code: 'credential_ambiguous' })
  let closed: NotChosen | undefined
  for (const { pathway, mode } of entries) {
    const presented = pathway.find(request)
    if (presented === undefined) continue
    if (mode !== 'off') return { ok: true, pathway, presented, deprecated: mode === 'warn' }
    if (pathway.needsCredential)
      closed ??= { ...pathwayDisabled, pathway: pathway.name, carrier: presented.carrier }
  }
  return closed ?? refused({ code: 'credential_missing' })
}
