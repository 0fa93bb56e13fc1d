'use client'
import { type Context, createContext, type ReactElement, type ReactNode, useEffect } from 'react'
import type { SocketConnection, SocketKeeper } from './socket-keeper.js'
import { useKeeper } from './use-keeper.js'

/** The keeper of the nearest provider. */
export const KeeperContext: Context<SocketKeeper | undefined> = createContext<SocketKeeper | undefined>(
  undefined,
)

export interface TicketSocketProviderProps extends SocketConnection {
  readonly children?: ReactNode
}

/**
 * Opens one `TicketSocket` for everything below it, and closes it when it is unmounted.
 *
 * Its properties may be written inline: only another `url`, another `identity` or another `enabled` changes the socket. The
 * credential callback that counts is always that of the latest render.
 *
 * @example
 * <TicketSocketProvider url="wss://api.example.com/ws" tickets={{ url, credential }} identity={user.id}>
 *   <Chat />
 * </TicketSocketProvider>
 */
export function TicketSocketProvider({ children, ...connection }: TicketSocketProviderProps): ReactElement {
  const keeper = useKeeper(connection)
  useEffect(() => keeper?.hold(), [keeper])
  return <KeeperContext.Provider value={keeper}>{children}</KeeperContext.Provider>
}
