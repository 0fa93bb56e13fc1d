import { here } from '../../test/here.js'
import { libraryCases } from '../../test/library-cases.js'
import { documentLine } from '../demo/lines/y-websocket.js'
import { documentService } from '../demo/services/document.js'

libraryCases('y-websocket', {
  service: documentService,
  open: here(documentLine),
  carrier: 'elsewhere',
  protocol: '',
})
