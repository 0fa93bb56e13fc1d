import { ticketSource } from '@wsticket/client'
import { PATHS } from '@wsticket/protocol'
import { useEffect, useState, useSyncExternalStore } from 'react'
import type { AuthClient } from '../auth/auth-client.js'
import type { TokenOrigin } from '../auth/token-keeper.js'
import { ChatConnection, type ConnectionSnapshot } from './chat-connection.js'

const CHAT_PATH = '/ws'

const REFRESHED: Readonly<Record<TokenOrigin, string>> = {
  'this-tab': 'Access token refreshed',
  'another-tab': 'Access token refreshed by another tab',
}

/** Connects as long as the component that asks for it is there. */
export function useConnection(auth: AuthClient): {
  readonly connection: ChatConnection
  readonly snapshot: ConnectionSnapshot
} {
  const [connection] = useState(() => makeConnection(auth))
  const snapshot = useSyncExternalStore(connection.subscribe, connection.snapshot)
  useEffect(() => {
    const stopNoting = auth.onRefreshed((by) =>
      connection.note({ kind: 'token', tone: 'plain', title: REFRESHED[by] }),
    )
    connection.start()
    return () => {
      stopNoting()
      connection.stop()
    }
  }, [auth, connection])
  return { connection, snapshot }
}

function makeConnection(auth: AuthClient): ChatConnection {
  const { credential } = auth.tokens
  return new ChatConnection({
    url: CHAT_PATH,
    tickets: ticketSource({ url: PATHS.ticket, credential }),
    WebSocket,
    now: () => Date.now(),
  })
}
