// What the server and its page must agree on. Nothing is imported here, so that the page takes nothing else along.

/** Bytes of a question's text, in UTF-8. */
export const TEXT_MAX_BYTES: number = 8 * 1024

/**
 * The first message on a socket: which node holds it. Sent only by a server that has a name (`NODE_NAME`), so
 * nothing may wait for it. Behind a balancer only the socket itself can tell, since HTTP may reach any node.
 */
export interface ConnectedMessage {
  readonly type: 'connected'
  /** Unix seconds, with a fraction. */
  readonly at: number
  /** The node's name, such as `node-2`: letters, digits, `.`, `_` and `-`, 64 at most. */
  readonly node: string
}
