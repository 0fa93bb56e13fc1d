export { ticketAuthEnabled } from '../ticket-auth-enabled.js'
export { TicketSocketProvider, type TicketSocketProviderProps } from './provider.js'
export type { IdleState, SocketConnection, SocketHandlers, TicketSocketState } from './socket-keeper.js'
export {
  type TicketSocketHandle,
  type UseTicketSocketOptions,
  useTicketSocket,
} from './use-ticket-socket.js'
