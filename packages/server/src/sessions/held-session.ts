import {
  type Carrier,
  formatCloseReason,
  isRefusalCode,
  type Json,
  type Pathway,
  REFUSALS,
  type RefusalCode,
} from '@wsticket/protocol'
import type { Clock } from '../clock.js'
import type { Claims, Principal } from '../identity/principal.js'
import type { LoginKey, SubjectKey } from '../stores/store.js'
import { Lifetime } from './lifetime.js'
import type { SessionPolicy } from './policy.js'
import type { HeldSocket, Session, SocketHold } from './session.js'

// What RFC 6455 has for a refusal that no code of ours fits.
const POLICY_VIOLATION = 1008
// A peer that does not answer a close frame is cut off after this long.
const CLOSE_TIMEOUT_MS = 5000

/** A session as it was admitted, before a socket is there. */
export interface AdmittedSession<C extends Claims = Claims> {
  readonly ref: string
  readonly attemptId: string
  readonly subject: SubjectKey
  readonly login: LoginKey | undefined
  readonly principal: Principal<C>
  readonly metadata: { readonly [name: string]: Json }
  readonly audience: string
  readonly pathway: Pathway
  readonly carrier: Carrier | undefined
  readonly address: string | undefined
  readonly origin: string | undefined
  readonly openedAt: number
  readonly remainingMs: number
}

export interface HeldSessionHandlers<C extends Claims> {
  deadline(session: HeldSession<C>): void
  over(session: HeldSession<C>, code: RefusalCode | undefined, durationMs: number): void
  /** Its socket was told to close. */
  closing(session: HeldSession<C>): void
  /** Its socket has gone, or was cut off. */
  gone(session: HeldSession<C>): void
  /** An adapter's socket threw, which it must not. */
  failed(error: unknown): void
}

/** One socket's share of a session, on the node that holds it. */
export class HeldSession<C extends Claims = Claims> implements Session<C>, SocketHold {
  readonly admitted: AdmittedSession<C>
  readonly #clock: Clock
  readonly #handlers: HeldSessionHandlers<C>
  readonly #over = new AbortController()
  readonly #since: number
  #principal: Principal<C>
  #deadline: number
  #socket: HeldSocket | undefined
  #lifetime: Lifetime | undefined
  #cancelCut: (() => void) | undefined

  constructor(admitted: AdmittedSession<C>, clock: Clock, handlers: HeldSessionHandlers<C>) {
    this.admitted = admitted
    this.#clock = clock
    this.#handlers = handlers
    this.#since = clock.now()
    this.#principal = admitted.principal
    this.#deadline = this.#since + admitted.remainingMs
  }

  get ref(): string {
    return this.admitted.ref
  }
  get principal(): Principal<C> {
    return this.#principal
  }
  get metadata(): { readonly [name: string]: Json } {
    return this.admitted.metadata
  }
  get audience(): string {
    return this.admitted.audience
  }
  get pathway(): Pathway {
    return this.admitted.pathway
  }
  get carrier(): Carrier | undefined {
    return this.admitted.carrier
  }
  get address(): string | undefined {
    return this.admitted.address
  }
  get origin(): string | undefined {
    return this.admitted.origin
  }
  get openedAt(): number {
    return this.admitted.openedAt
  }
  get deadline(): number {
    return this.#deadline
  }
  get signal(): AbortSignal {
    return this.#over.signal
  }

  close(
    code: Extract<RefusalCode, 'session_closed' | 'session_revoked' | 'draining'> = 'session_closed',
  ): void {
    this.end(code)
  }

  /** Takes the socket; one that is over already is closed at once. */
  attach(socket: HeldSocket, policy: SessionPolicy): void {
    this.#socket = socket
    if (this.signal.aborted) {
      const code = codeOf(this.signal)
      // Given back already, so nothing watches over it any more.
      if (code === undefined) this.#terminate()
      else this.#closeSocket(code)
      return
    }
    this.#lifetime = new Lifetime(this.#clock, policy, {
      deadline: () => this.#handlers.deadline(this),
      idle: () => this.end('session_idle'),
      ping: () => this.#guard(() => socket.ping()),
      dead: () => {
        this.#terminate()
        this.ended()
      },
    })
    this.#lifetime.setDeadline(this.#deadline - this.#clock.now())
  }

  /** Moves the deadline and takes over what the store says of the permissions. Tells whether they narrowed. */
  update(remainingMs: number | undefined, permissions: readonly string[]): boolean {
    if (remainingMs !== undefined) {
      this.#deadline = this.#clock.now() + remainingMs
      this.#lifetime?.setDeadline(remainingMs)
    }
    const kept = this.#principal.permissions.filter((permission) => permissions.includes(permission))
    if (kept.length === this.#principal.permissions.length) return false
    this.#principal = { ...this.#principal, permissions: kept }
    return true
  }

  heard(): void {
    this.#lifetime?.heard()
  }

  active(): void {
    this.#lifetime?.active()
  }

  ended(): void {
    this.#cancelCut?.()
    this.#finish(undefined)
    this.#handlers.gone(this)
  }

  /** Ends it with a code of the refusal table: the socket gets a close frame and is cut off if it stays. */
  end(code: RefusalCode, retryAfterSeconds?: number): void {
    if (!this.#finish(code)) return
    this.#closeSocket(code, retryAfterSeconds)
  }

  #finish(code: RefusalCode | undefined): boolean {
    if (this.signal.aborted) return false
    this.#lifetime?.stop()
    this.#over.abort(code)
    this.#handlers.over(this, code, this.#clock.now() - this.#since)
    return true
  }

  #closeSocket(code: RefusalCode, retryAfterSeconds?: number): void {
    const socket = this.#socket
    if (socket === undefined) return
    this.#handlers.closing(this)
    const { close = POLICY_VIOLATION } = REFUSALS[code]
    const told = this.#guard(() => socket.close(close, formatCloseReason(code, retryAfterSeconds)))
    if (!told) this.#terminate()
    else this.#cancelCut = this.#clock.after(CLOSE_TIMEOUT_MS, () => this.#terminate())
  }

  #terminate(): void {
    this.#guard(() => this.#socket?.terminate())
    this.#handlers.gone(this)
  }

  /** Keeps one socket that throws from standing in the way of the others. */
  #guard(call: () => void): boolean {
    try {
      call()
      return true
    } catch (error) {
      this.#handlers.failed(error)
      return false
    }
  }
}

function codeOf(signal: AbortSignal): RefusalCode | undefined {
  const reason: unknown = signal.reason
  return isRefusalCode(reason) ? reason : undefined
}
