import { here } from '../../test/here.js'
import { libraryCases } from '../../test/library-cases.js'
import { reconnectingLine } from '../demo/lines/reconnecting-websocket.js'
import { chatService } from '../demo/services/chat.js'

libraryCases('reconnecting-websocket', {
  service: chatService,
  open: here(reconnectingLine),
  carrier: 'elsewhere',
  protocol: 'chat.v2',
})
