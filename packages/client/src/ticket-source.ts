import { asTicketError } from './core/ticket-error.js'
import { RouteSource } from './route-source.js'
import {
  type OwnTicketOptions,
  Source,
  type TicketGrant,
  type TicketSource,
  type TicketSourceOptions,
} from './source.js'

export { TICKET_TTL_SECONDS } from './core/ticket-route.js'
export type {
  AttemptOutcome,
  CredentialCallback,
  GrantOptions,
  OwnTicketOptions,
  Renewal,
  TicketGrant,
  TicketRouteOptions,
  TicketSource,
  TicketSourceOptions,
} from './source.js'

/**
 * Makes a source of tickets. Nothing is asked for until somebody takes one.
 *
 * @example
 * const tickets = ticketSource({ url: '/api/websocket/ticket', credential: () => auth.accessToken() })
 * const socket = new WebSocket('wss://api.example.com/ws', await tickets.protocols('chat.v2'))
 */
export function ticketSource(options: TicketSourceOptions): TicketSource {
  return 'take' in options ? new OwnSource(options.take) : new RouteSource(options)
}

class OwnSource extends Source implements TicketSource {
  readonly #take: OwnTicketOptions['take']

  constructor(take: OwnTicketOptions['take']) {
    super()
    this.#take = take
  }

  async take(): Promise<string> {
    try {
      return await this.#take()
    } catch (thrown) {
      throw asTicketError(thrown)
    }
  }

  async grant(): Promise<TicketGrant> {
    return { ticket: await this.take() }
  }

  clear(): void {}
}
