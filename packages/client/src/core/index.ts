// The smallest whole: a source of tickets, a socket, an outbox and reconnects. No file here imports one from outside.
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
} from './connection-types.js'
export type { Clock, Fetch, SocketConstructor, SocketLike } from './environment.js'
export { ConnectionCloseEvent, StateChangeEvent } from './events.js'
export type {
  CredentialCallback,
  GrantOptions,
  GrantSource,
  Grants,
  TicketGrant,
  TicketRoute,
} from './grants.js'
export { type Message, OutboxFullError } from './outbox.js'
export type { SocketEvents, SocketListener, TicketSocketEventMap } from './socket-events.js'
export {
  isTicketError,
  isTicketErrorCode,
  TicketError,
  type TicketErrorCode,
  type TicketErrorDetails,
} from './ticket-error.js'
export { type CoreTicketSocketOptions, TicketSocket } from './ticket-socket.js'
