import { here } from '../../test/here.js'
import { libraryCases } from '../../test/library-cases.js'
import { socketIoLine } from '../demo/lines/socket-io.js'
import { socketIoService } from '../demo/services/socket-io.js'

libraryCases('socket-io', {
  service: socketIoService,
  open: here(socketIoLine),
  carrier: 'elsewhere',
  protocol: '',
})
