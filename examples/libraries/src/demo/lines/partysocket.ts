import { connectPartySocket } from '../../partysocket/client.js'
import { Answers, type Line, type LineParts } from '../line.js'

export function partySocketLine({ ws, tickets, WebSocket, paceMs, onStopped }: LineParts): Line {
  const answers = new Answers()
  const socket = connectPartySocket(`${ws}/chat`, tickets, {
    onStopped,
    ...(WebSocket === undefined ? {} : { WebSocket }),
    ...(paceMs === undefined ? {} : { minReconnectionDelay: paceMs }),
  })
  socket.addEventListener('message', ({ data }) => answers.take(String(data)))
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
