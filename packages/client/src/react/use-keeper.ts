'use client'
import { useInsertionEffect, useState } from 'react'
import { type SocketConnection, SocketKeeper } from './socket-keeper.js'

/** Gives the keeper of this connection: the same one at each render, until the address, the user or `enabled` is another. */
export function useKeeper(connection: SocketConnection | undefined): SocketKeeper | undefined {
  const [kept, setKept] = useState(() => connection && new SocketKeeper(connection))
  let keeper = kept
  // In the render itself: an effect would show the next user the state of the one before, and a socket that stopped for one
  // would log the other out.
  if (connection !== undefined && !kept?.isFor(connection)) {
    keeper = new SocketKeeper(connection, kept)
    setKept(keeper)
  }
  // Before any other effect, which may send. It is this render's only once that has come to the screen.
  useInsertionEffect(() => {
    if (keeper !== undefined && connection !== undefined) keeper.options = connection
  })
  return keeper
}
