import type { Carrier, Refusal } from '@wsticket/protocol'
import type { Claims } from '../identity/principal.js'
import type { RequestData } from '../request/message.js'
import type { HeldSocket, Session, SocketHold } from '../sessions/session.js'

/** An upgrade request, as plain data. */
export interface UpgradeRequest extends RequestData {
  /** Bytes of all header lines together. */
  readonly headerBytes: number
  /** As in the request line, `1.1`; absent where the runtime sees to it. */
  readonly httpVersion?: string | undefined
}

/** A session whose socket is about to come. Exactly one of `hold` and `release` MUST be called. */
export interface Admission<C extends Claims = Claims> {
  readonly ok: true
  readonly session: Session<C>
  /** Hands the socket over; from then on deadline, heartbeat and revocations close it. */
  hold(socket: HeldSocket): SocketHold
  /** There will be no socket: the session ends. */
  release(): void
}

/** An upgrade that is let in. */
export interface AdmittedUpgrade<C extends Claims = Claims> extends Admission<C> {
  /** The request target without the ticket: all that the application may see. */
  readonly target: string
  /** The application's own subprotocols, as offered, for it to select one. */
  readonly protocols: readonly string[]
  /** What to select if the application selects none. */
  readonly fallbackProtocol: string | undefined
}

/** An upgrade that is not. */
export interface RefusedUpgrade {
  readonly ok: false
  readonly refusal: Refusal
  /** `socket`: accept with `wsticket.refused` and send a close frame, since the client can read that. */
  readonly answer: 'http' | 'socket'
  /** MUST be called when the refused socket is gone, or never was: until then it counts as one of its address. */
  readonly release: () => void
}

/** What a ticket is presented with, when there is no upgrade request to read it from. */
export interface RedeemContext {
  readonly audience: string
  readonly origin?: string | undefined
  readonly address?: string | undefined
  /** The value of the binding cookie. */
  readonly cookie?: string | undefined
  readonly carrier?: Carrier | undefined
}
