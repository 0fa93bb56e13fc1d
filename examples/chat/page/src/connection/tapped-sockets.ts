import type { SocketConstructor, SocketLike } from '@wsticket/client'
import { DROP_CLOSE_CODE } from './words.js'

/** A WebSocket constructor whose latest socket can be cut behind its owner's back. */
export interface SocketTap {
  readonly WebSocket: SocketConstructor
  /**
   * Cuts the latest socket, as near to a cut line as a page can come: browsers let a page neither reset the connection nor
   * close it with 1006, so it goes with a code that says nothing to the client library.
   */
  readonly drop: () => void
}

export function tapSockets(Original: SocketConstructor): SocketTap {
  let latest: SocketLike | undefined
  const created = (socket: SocketLike): void => {
    latest = socket
  }
  return {
    WebSocket: class extends Original {
      constructor(url: string, protocols: string[]) {
        super(url, protocols)
        created(this)
      }
    },
    drop: () => latest?.close(DROP_CLOSE_CODE, 'dropped on purpose'),
  }
}
