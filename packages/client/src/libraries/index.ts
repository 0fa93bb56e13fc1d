export { isFinal } from './final.js'
export { mayReconnect, type TicketWebSocket, ticketWebSocket } from './ticket-web-socket.js'
