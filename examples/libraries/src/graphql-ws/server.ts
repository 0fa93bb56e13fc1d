import type { Server } from 'node:http'
import type { Session, Wsticket } from '@wsticket/server'
import { admitUpgrades } from '@wsticket/server/ws'
import { execute, type GraphQLSchema, subscribe, validate } from 'graphql'
import { GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer } from 'graphql-ws'

// RFC 6455, 7.4.1
const INTERNAL_ERROR = 1011

/** Serves a schema to sockets with tickets; resolvers find the session in their context. */
export function serveGraphql(server: Server, wsticket: Wsticket, path: string, schema: GraphQLSchema): void {
  const graphql = makeServer<Record<string, unknown>, Session>({
    schema,
    // Its own would be those of a second copy of graphql, where a bundler or a test runner takes the ES modules.
    validate,
    execute,
    subscribe,
    context: ({ extra: session }) => ({ session }),
  })
  const selectProtocol = (offered: readonly string[]): string | undefined =>
    offered.find((protocol) => protocol === GRAPHQL_TRANSPORT_WS_PROTOCOL)
  admitUpgrades(server, wsticket, { path, selectProtocol }, (socket, session) => {
    const closed = graphql.opened(
      {
        protocol: socket.protocol,
        send: (data) => socket.send(data),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) => {
          socket.addEventListener('message', ({ data }) => {
            // What a resolver throws, graphql answers; what reaches this place is broken beyond that.
            handle(typeof data === 'string' ? data : '').catch(() => socket.close(INTERNAL_ERROR))
          })
        },
      },
      session,
    )
    socket.once('close', (code, reason) => {
      closed(code, String(reason)).catch(() => {})
    })
  })
}
