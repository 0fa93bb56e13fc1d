'use client'
import { useContext, useEffect, useInsertionEffect, useRef, useSyncExternalStore } from 'react'
import type { Message, TicketSocket } from '../index.js'
import { KeeperContext } from './provider.js'
import { idle, type SocketConnection, type SocketHandlers, type TicketSocketState } from './socket-keeper.js'
import { useKeeper } from './use-keeper.js'

/** A socket as a component sees it. */
export interface TicketSocketHandle {
  /** Where the connection is; `idle` while there is no socket. `state.cause.code` says why, above all when it is `stopped`. */
  readonly state: TicketSocketState
  /**
   * Sends a message, or keeps it until there is a connection; `false` if there is none and none will come (`idle`, `stopped`).
   * Throws `OutboxFullError` as `TicketSocket` does. It never changes while the socket belongs to the same user.
   */
  readonly send: (data: Message) => boolean
  /** Begins anew after the socket has stopped; does nothing before. */
  readonly restart: () => void
  /** The socket itself, for the rest of what it can do: `session`, `renew()`, `bufferedAmount`. */
  readonly socket: TicketSocket | undefined
}

interface NoConnection {
  readonly url?: undefined
  readonly tickets?: undefined
}

/** Handlers alone use the socket of the nearest provider; with `url` and `tickets` the component has one of its own. */
export type UseTicketSocketOptions = SocketHandlers & (SocketConnection | NoConnection)

/**
 * Uses the socket of the nearest `<TicketSocketProvider>`, or one of its own. A change of state renders the component again; a
 * message only calls `onMessage`.
 *
 * @example
 * const { state, send } = useTicketSocket({ onMessage: ({ data }) => add(data) })
 * if (state.name === 'stopped') return <SignIn because={state.cause.code} />
 *
 * @example
 * const { state, send } = useTicketSocket({ url: 'wss://api.example.com/ws', tickets: { url, credential } })
 */
export function useTicketSocket(options: UseTicketSocketOptions = {}): TicketSocketHandle {
  const own = useKeeper(options.url === undefined ? undefined : options)
  const shared = useContext(KeeperContext)
  const keeper = options.url === undefined ? shared : own
  if (keeper === undefined) {
    throw new TypeError(
      'wsticket: useTicketSocket() needs a <TicketSocketProvider> above it, or "url" and "tickets" of its own',
    )
  }
  const { state, socket } = useSyncExternalStore(keeper.subscribe, keeper.snapshot, idle)
  const latest = useRef<SocketHandlers>(options)
  useInsertionEffect(() => {
    latest.current = options
  })
  useEffect(() => keeper.listen(latest), [keeper])
  return { state, socket, send: keeper.send, restart: keeper.restart }
}
