import type { Pathway } from '@wsticket/protocol'
import { checkKnown, checkOneOf } from '../checks.js'
import type { Claims } from '../identity/principal.js'
import type { AnonymousGrant } from './anonymous-pathway.js'
import type { PathwayMode } from './pathways.js'

/** Which pathways are open. */
export interface PathwayOptions<C extends Claims = Claims> {
  /**
   * Tickets. Where it is set, the environment goes first: `ENABLE_TICKET_AUTH`, or `ENABLE_WEBSOCKET_TICKETS`, so that an operator
   * can switch tickets off and on without a release.
   *
   * @default 'on'
   */
  readonly ticket?: PathwayMode | undefined
  /** Legacy: the JWT itself, as the subprotocol `jwt.<token>`. @default 'off' */
  readonly jwtSubprotocol?: PathwayMode | undefined
  /** Clients that present no credential at all; an object says what they may do. @default 'off' */
  readonly anonymous?: PathwayMode | AnonymousOptions<C> | undefined
}

/** What anonymous clients are given. */
export interface AnonymousOptions<C extends Claims = Claims> {
  /** @default 'on' */
  readonly mode?: PathwayMode | undefined
  /** @default none */
  readonly permissions?: readonly string[] | undefined
  /** To be given where the claims of your principals have a type of their own. @default none */
  readonly claims?: C | undefined
}

/** Pathways with every default filled in. */
export interface PathwaySettings<C extends Claims = Claims> {
  readonly modes: Readonly<Record<Pathway, PathwayMode>>
  readonly anonymous: AnonymousGrant<C>
}

const MODES: readonly PathwayMode[] = ['off', 'warn', 'on']

/**
 * Fills in the defaults; `flag` is what the environment says of tickets. Throws a `TypeError` that says which option is wrong,
 * and if nothing is left that could let anybody in.
 */
export function resolvePathways<C extends Claims>(
  options: PathwayOptions<C> = {},
  flag: boolean | undefined,
): PathwaySettings<C> {
  checkKnown('pathways.', options, ['ticket', 'jwtSubprotocol', 'anonymous'])
  const { ticket = 'on', jwtSubprotocol = 'off' } = options
  checkOneOf('pathways.ticket', ticket, MODES)
  checkOneOf('pathways.jwtSubprotocol', jwtSubprotocol, MODES)
  const { mode: anonymous, ...grant } = anonymousOf(options.anonymous)
  const modes = { ticket: flagged(ticket, flag), jwt_subprotocol: jwtSubprotocol, anonymous }
  if (Object.values(modes).every((mode) => mode === 'off')) {
    const why =
      flag === false
        ? 'ENABLE_TICKET_AUTH switches tickets off here, and no other is named'
        : 'all are named so'
    throw new TypeError(
      `pathways: every one is off, so nobody could connect: ${why}. Open one. Example: pathways: { jwtSubprotocol: 'warn' }`,
    )
  }
  return { modes, anonymous: grant }
}

function flagged(mode: PathwayMode, flag: boolean | undefined): PathwayMode {
  if (flag === undefined) return mode
  if (!flag) return 'off'
  return mode === 'off' ? 'on' : mode
}

function anonymousOf<C extends Claims>(
  given: PathwayOptions<C>['anonymous'] = 'off',
): AnonymousGrant<C> & { readonly mode: PathwayMode } {
  const options: AnonymousOptions<C> = typeof given === 'string' ? { mode: given } : given
  // `false` has no options either, and must not become an open door.
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(
      `pathways.anonymous is ${JSON.stringify(given)}; it must be one of: ${MODES.join(', ')}, or { permissions: ['read'] }`,
    )
  }
  checkKnown('pathways.anonymous.', options, ['mode', 'permissions', 'claims'])
  // Whose claims have a type of their own gives them; this is for everybody else.
  const { mode = 'on', permissions = [], claims = {} as C } = options
  checkOneOf('pathways.anonymous', mode, MODES)
  if (!Array.isArray(permissions) || !permissions.every((permission) => typeof permission === 'string')) {
    throw new TypeError("pathways.anonymous.permissions must be an array of strings. Example: ['read']")
  }
  if (typeof claims !== 'object' || claims === null) {
    throw new TypeError('pathways.anonymous.claims must be an object')
  }
  return { mode, permissions, claims }
}
