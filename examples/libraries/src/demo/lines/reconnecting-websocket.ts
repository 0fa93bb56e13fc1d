import { mayReconnect, ticketWebSocket } from '@wsticket/client/libraries'
import { connectReconnecting } from '../../reconnecting-websocket/client.js'
import { Answers, type Line, type LineParts, socketOptions } from '../line.js'

export function reconnectingLine(parts: LineParts): Line {
  const { ws, paceMs, onStopped } = parts
  const answers = new Answers()
  const socket = connectReconnecting(
    `${ws}/chat`,
    ticketWebSocket(parts.tickets, socketOptions(parts)),
    paceMs === undefined ? {} : { minReconnectionDelay: paceMs },
  )
  socket.addEventListener('message', ({ data }) => answers.take(String(data)))
  socket.addEventListener('close', (event) => {
    if (!mayReconnect(event)) onStopped(event.reason)
  })
  return {
    ask: (text) => {
      socket.send(text)
      return answers.to(text)
    },
    get protocol() {
      return socket.protocol
    },
    close: () => socket.close(),
  }
}
