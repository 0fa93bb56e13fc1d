import type { RandomBytes } from '../authority/secret.js'
import type { Authentication } from '../identity/authenticate.js'
import type { Claims } from '../identity/principal.js'
import { anonymousPathway } from './anonymous-pathway.js'
import { jwtSubprotocolPathway } from './jwt-subprotocol-pathway.js'
import type { PathwaySettings } from './pathway-options.js'
import type { PathwayEntry, UpgradePathway } from './pathways.js'
import { ticketPathway } from './ticket-pathway.js'

/** All pathways that there are, in the order of preference. */
export function pathwayEntries<C extends Claims>(
  { modes, anonymous }: PathwaySettings<C>,
  parts: { readonly authentication: Authentication<C>; readonly random: RandomBytes },
): readonly PathwayEntry<C>[] {
  const pathways: readonly UpgradePathway<C>[] = [
    ticketPathway(),
    jwtSubprotocolPathway(parts.authentication),
    anonymousPathway(anonymous, parts.random),
  ]
  return pathways.map((pathway) => ({ pathway, mode: modes[pathway.name] }))
}
