import { here } from '../../test/here.js'
import { libraryCases } from '../../test/library-cases.js'
import { partySocketLine } from '../demo/lines/partysocket.js'
import { chatService } from '../demo/services/chat.js'

libraryCases('partysocket', {
  service: chatService,
  open: here(partySocketLine),
  carrier: 'elsewhere',
  protocol: 'chat.v2',
})
