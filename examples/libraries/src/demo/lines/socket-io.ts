import { connectSocketIo } from '../../socket-io/client.js'
import type { Line, LineParts } from '../line.js'

export function socketIoLine({ http, tickets, paceMs, onStopped }: LineParts): Line {
  const { socket, close } = connectSocketIo(http, tickets, {
    onStopped,
    ...(paceMs === undefined ? {} : { firstWindowMs: paceMs, reconnectionDelay: paceMs }),
  })
  return {
    ask: async (text) => String(await socket.emitWithAck('say', text)),
    protocol: '',
    close,
  }
}
