/** How long sessions live. */
export interface SessionPolicy {
  /** The longest life of a session, renewals included, in seconds. @default 43200 */
  readonly maxSeconds: number
  /** Seconds without a message after which a socket is closed; `undefined` for never. @default undefined */
  readonly idleSeconds: number | undefined
  /** Seconds between pings. @default 25 */
  readonly heartbeatSeconds: number
  /** Seconds that a peer has to answer a ping. @default 10 */
  readonly heartbeatTimeoutSeconds: number
  /** Seconds over which a node that shuts down spreads the closing of its sockets, if it has many. @default 10 */
  readonly drainSeconds: number
}

export const DEFAULT_SESSION_POLICY: SessionPolicy = {
  maxSeconds: 12 * 3600,
  idleSeconds: undefined,
  heartbeatSeconds: 25,
  heartbeatTimeoutSeconds: 10,
  drainSeconds: 10,
}
