import { EventEmitter, on } from 'node:events'
import type { Session } from '@wsticket/server'
import { GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql'
import { serveGraphql } from '../../graphql-ws/server.js'
import type { Service } from '../server.js'

export const graphqlService: Service = {
  attach({ server, wsticket }) {
    serveGraphql(server, wsticket, '/graphql', chatSchema())
    return undefined
  },
}

interface Context {
  readonly session: Session
}

function chatSchema(): GraphQLSchema {
  const said = new EventEmitter()
  const line = { type: new GraphQLNonNull(GraphQLString) }
  return new GraphQLSchema({
    query: new GraphQLObjectType<unknown, Context>({
      name: 'Query',
      fields: { me: { ...line, resolve: (_source, _args, { session }) => session.principal.subject } },
    }),
    mutation: new GraphQLObjectType<unknown, Context>({
      name: 'Mutation',
      fields: {
        say: {
          ...line,
          args: { text: line },
          resolve: (_source, { text }: { readonly text: string }, { session }) => {
            said.emit('said', `${session.principal.subject}: ${text}`)
            return 'said'
          },
        },
      },
    }),
    subscription: new GraphQLObjectType({
      name: 'Subscription',
      fields: {
        said: {
          ...line,
          // A generator could not be ended while it waits; this can.
          subscribe: () => on(said, 'said'),
          resolve: ([text]: readonly unknown[]) => String(text),
        },
      },
    }),
  })
}
