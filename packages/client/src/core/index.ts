// The smallest whole: a source of tickets, a socket, an outbox and reconnects. No file here imports one from outside.
export type { Cause, CauseCode, ConnectionState, StateChange } from './connection-types.js'
export type { Clock, Fetch, SocketConstructor, SocketLike } from './environment.js'
export { ConnectionCloseEvent, StateChangeEvent } from './events.js'
export type { CredentialCallback, GrantOptions, GrantSource, TicketGrant, TicketRoute } from './grants.js'
export { type Message, OutboxFullError } from './outbox.js'
export type { SocketListener, TicketSocketEventMap } from './socket-events.js'
export { isTicketError, TicketError, type TicketErrorCode } from './ticket-error.js'
export { type CoreTicketSocketOptions, TicketSocket } from './ticket-socket.js'
