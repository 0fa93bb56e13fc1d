import { serveChat } from '../../chat-server.js'
import type { Service } from '../server.js'

/** For partysocket and reconnecting-websocket. */
export const chatService: Service = {
  attach({ server, wsticket }) {
    serveChat(server, wsticket, '/chat')
    return undefined
  },
}
