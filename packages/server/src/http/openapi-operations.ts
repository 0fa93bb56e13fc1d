import { PATHS, type RefusalCode } from '@wsticket/protocol'

/** What the document says of an operation, beside its paths and its method. */
export interface OperationText {
  readonly summary: string
  readonly description: string
  readonly tag: 'Tickets' | 'Sessions' | 'About this server'
  /** Who may call it. */
  readonly caller: 'bearer' | 'anyone'
  readonly request?: { readonly schema: string; readonly example: object } | undefined
  readonly success: { readonly status: number; readonly schema: string; readonly description: string }
  /** Whether the success carries the headers of the rate limits. */
  readonly limited?: boolean
  readonly refusals: readonly RefusalCode[]
  /** What a 503 in the shape of the success means: no refusal, but what was asked. */
  readonly unavailable?: string
}

/** A path that is answered, and what is said of it. */
export interface DescribedOperation {
  readonly name: string
  readonly method: string
  readonly paths: readonly string[]
}

const CREDENTIAL: readonly RefusalCode[] = [
  'credential_missing',
  'credential_ambiguous',
  'credential_invalid',
  'credential_revoked',
  'identity_unavailable',
  'store_unavailable',
]

/** The texts, by operation. `validate` says who may ask whether a ticket is good. */
export function operationTexts(
  validate: 'public' | 'owner',
): Readonly<Record<string, OperationText | undefined>> {
  const owned = validate === 'owner'
  return {
    ticket: {
      summary: 'Issue a ticket',
      description:
        'Issues a ticket to the bearer of a valid credential. Every field is optional, and so is the body. A ticket never ' +
        `outlives its credential. ${PATHS.ticketAliases.map((path) => `\`${path}\``).join(' and ')} do the same.`,
      tag: 'Tickets',
      caller: 'bearer',
      request: { schema: 'TicketRequest', example: { ttl_seconds: 60 } },
      success: {
        status: 201,
        schema: 'Ticket',
        description: 'The ticket. It is shown here and nowhere again.',
      },
      limited: true,
      refusals: [
        ...CREDENTIAL,
        'request_invalid',
        'permissions_exceeded',
        'origin_refused',
        'pathway_disabled',
        'rate_limited',
      ],
    },
    validate: {
      summary: 'Tell whether a ticket is good',
      description:
        'Tells, without consuming it, whether a ticket is good; a used and an expired one are told apart. ' +
        (owned
          ? "Somebody else's ticket looks like an unknown one."
          : 'On this server everybody may ask; in production only the owner may.'),
      tag: 'Tickets',
      caller: owned ? 'bearer' : 'anyone',
      success: { status: 200, schema: 'Validation', description: 'What is known of the ticket.' },
      refusals: owned ? CREDENTIAL : ['store_unavailable'],
    },
    revoke: {
      summary: 'Revoke a ticket',
      description:
        'Revokes a ticket of the caller at once, with the session that it opened, if it did. Somebody else’s ticket looks ' +
        'like an unknown one.',
      tag: 'Tickets',
      caller: 'bearer',
      success: { status: 200, schema: 'Revoked', description: 'The ticket is revoked.' },
      refusals: [...CREDENTIAL, 'origin_refused', 'not_found'],
    },
    status: {
      summary: 'Tell how tickets are doing',
      description: 'The store and what it promises, the configuration in force, totals of this node.',
      tag: 'About this server',
      caller: 'anyone',
      success: { status: 200, schema: 'Status', description: 'The store can be reached.' },
      refusals: [],
      unavailable: 'The store cannot be reached.',
    },
    renew: {
      summary: 'Renew a session',
      description:
        'Moves the deadline of a live session to what a fresh credential of the same login allows. Permissions only ever ' +
        'narrow: the session keeps those that both credentials grant.',
      tag: 'Sessions',
      caller: 'bearer',
      success: { status: 200, schema: 'Renewal', description: 'The session lives on.' },
      refusals: [...CREDENTIAL, 'request_invalid', 'origin_refused', 'not_found', 'session_over'],
    },
    sessions: {
      summary: 'List the own sessions',
      description: 'The live sessions of the caller, on every node.',
      tag: 'Sessions',
      caller: 'bearer',
      success: { status: 200, schema: 'Sessions', description: 'The sessions.' },
      refusals: CREDENTIAL,
    },
    close: {
      summary: 'Close a session',
      description: 'Closes a session of the caller, wherever its sockets are.',
      tag: 'Sessions',
      caller: 'bearer',
      success: { status: 200, schema: 'Closed', description: 'The session is closed.' },
      refusals: [...CREDENTIAL, 'origin_refused', 'not_found'],
    },
    logout: {
      summary: 'Log out',
      description:
        'Ends this login: its tickets die, its sockets close, its credentials get no further ticket. With ' +
        '`everywhere`, or if the credential names no login, that goes for the whole user.',
      tag: 'Sessions',
      caller: 'bearer',
      request: { schema: 'LogoutRequest', example: { everywhere: true } },
      success: { status: 200, schema: 'LoggedOut', description: 'What was logged out.' },
      refusals: [...CREDENTIAL, 'request_invalid', 'origin_refused'],
    },
    config: {
      summary: 'Tell how to connect',
      description: 'The pathways that are open, the carriers, and how long tickets live.',
      tag: 'About this server',
      caller: 'anyone',
      success: { status: 200, schema: 'Config', description: 'The configuration.' },
      refusals: [],
    },
    health: {
      summary: 'Tell that the process runs',
      description:
        'Always 200, whatever the store does: for whoever restarts a process that does not answer.',
      tag: 'About this server',
      caller: 'anyone',
      success: { status: 200, schema: 'Health', description: 'It runs.' },
      refusals: [],
    },
    ready: {
      summary: 'Tell whether this node should get new sockets',
      description:
        'For load balancers; answers within 200 milliseconds, whatever the store does. A node that is not ready keeps the ' +
        'sockets that it has.',
      tag: 'About this server',
      caller: 'anyone',
      success: { status: 200, schema: 'Readiness', description: 'It admits, and hears what is revoked.' },
      refusals: [],
      unavailable: 'It is `starting`, its store is `unavailable`, or it is `draining` because it shuts down.',
    },
    openapi: {
      summary: 'Describe this interface',
      description: 'This document.',
      tag: 'About this server',
      caller: 'anyone',
      success: { status: 200, schema: 'Document', description: 'An OpenAPI 3.1 document.' },
      refusals: [],
    },
  }
}
