import type { Carrier, Json, Pathway, RefusalCode } from '@wsticket/protocol'
import type { Claims, Principal } from '../identity/principal.js'

/** The life of one admitted socket, as the application sees it. */
export interface Session<C extends Claims = Claims> {
  /** The handle of the ticket that opened it, or of this session alone: safe to log, and the session's id over HTTP. */
  readonly ref: string
  /** Who is connected. Live: a renewal can narrow the permissions. */
  readonly principal: Principal<C>
  /** How it was authenticated: `anonymous` is nobody in particular. */
  readonly pathway: Pathway
  /** What the ticket was given when it was issued; empty without one. */
  readonly metadata: { readonly [name: string]: Json }
  readonly audience: string
  /** Where the credential rode; `undefined` if there was none, or it came without an adapter. */
  readonly carrier: Carrier | undefined
  readonly address: string | undefined
  readonly origin: string | undefined
  /** Unix milliseconds. */
  readonly openedAt: number
  /** Unix milliseconds; moved by renewals. */
  readonly deadline: number
  /** Aborted when the session is over for this socket, whoever ended it; `reason` is a refusal code, if any. */
  readonly signal: AbortSignal
  /** Ends it from here: the socket is closed with the code of the refusal table. @default 'session_closed' */
  close(code?: Extract<RefusalCode, 'session_closed' | 'session_revoked' | 'draining'>): void
}

/** A socket as the registry needs it. Adapters give one; nothing here may throw. */
export interface HeldSocket {
  /** Sends a close frame; nothing may be delivered to the application from then on. */
  close(code: number, reason: string): void
  /** Cuts the connection. */
  terminate(): void
  /** Sends a ping. */
  ping(): void
}

/** What an adapter tells about a socket that it handed over. */
export interface SocketHold {
  /** Something was heard from the peer, if only a pong. */
  heard(): void
  /** A message came or went. */
  active(): void
  /** The socket is closed. */
  ended(): void
}
