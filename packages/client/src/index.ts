export type { Pathway } from '@wsticket/protocol'
export type {
  Cause,
  CauseCode,
  ConnectingState,
  ConnectionState,
  FetchingState,
  History,
  OpenState,
  RenewingState,
  StateChange,
  StoppedState,
  WaitingState,
} from './core/connection-types.js'
export type { Clock, Fetch, SocketConstructor, SocketLike } from './core/environment.js'
export { ConnectionCloseEvent, StateChangeEvent } from './core/events.js'
export type { Grants, TicketRoute } from './core/grants.js'
export {
  type Message,
  OUTBOX_MAX_AGE_MS,
  OUTBOX_MAX_BYTES,
  OUTBOX_MAX_MESSAGES,
  OutboxFullError,
} from './core/outbox.js'
export type { SocketEvents, SocketListener, TicketSocketEventMap } from './core/socket-events.js'
export {
  isTicketError,
  isTicketErrorCode,
  TicketError,
  type TicketErrorCode,
  type TicketErrorDetails,
} from './core/ticket-error.js'
export type { Diagnose } from './diagnose.js'
export type { PageSignal, PageSignals } from './page-signals.js'
export { type SocketSession, TicketSocket, type TicketSocketOptions } from './ticket-socket.js'
export {
  type AttemptOutcome,
  type CredentialCallback,
  type GrantOptions,
  type OwnTicketOptions,
  type Renewal,
  TICKET_TTL_SECONDS,
  type TicketGrant,
  type TicketRouteOptions,
  type TicketSource,
  type TicketSourceOptions,
  ticketSource,
} from './ticket-source.js'
