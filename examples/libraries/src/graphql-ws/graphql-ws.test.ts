import { here } from '../../test/here.js'
import { libraryCases } from '../../test/library-cases.js'
import { graphqlLine } from '../demo/lines/graphql-ws.js'
import { graphqlService } from '../demo/services/graphql.js'

libraryCases('graphql-ws', {
  service: graphqlService,
  open: here(graphqlLine),
  carrier: 'elsewhere',
  protocol: 'graphql-transport-ws',
})
