import { type Clock, pause } from '../clock.js'
import { messageOf, type WsticketError } from '../errors.js'
import type { EventHub } from '../events/hub.js'
import type { Claims } from '../identity/principal.js'
import type { Notice, SessionCheck, SubjectKey } from '../stores/store.js'
import type { StoreCalls } from '../stores/store-calls.js'
import { type AdmittedSession, HeldSession } from './held-session.js'
import { NoticePump } from './notices.js'
import type { SessionPolicy } from './policy.js'
import { Recheck } from './recheck.js'
import type { HeldSocket, SocketHold } from './session.js'

// How long a deadline waits for a store that does not answer, before its socket is closed all the same.
const DEADLINE_PATIENCE_MS = 30_000
const DEADLINE_RETRY_MS = 1000
// Between two sockets that are closed as the node shuts down: few need not take the whole window, and clients that come back at
// this pace are no storm.
const DRAIN_PACE_MS = 50

/** A place for a session that a redeem may open; while it is held, no revocation can pass unseen. */
export class Seat<C extends Claims = Claims> {
  readonly #registry: SessionRegistry<C>
  readonly missed: Notice[] = []
  /** Whether notices may have passed that nobody saw. */
  gap = false

  constructor(registry: SessionRegistry<C>) {
    this.#registry = registry
  }

  /** Gives the session its place in the registry. It is over already if a revocation came in between. */
  take(admitted: AdmittedSession<C>): HeldSession<C> {
    return this.#registry.settle(this, admitted)
  }

  /** Gives the place back. */
  leave(): void {
    this.#registry.unseat(this)
  }
}

/** The sessions whose sockets this node holds. */
export class SessionRegistry<C extends Claims = Claims> {
  readonly #store: StoreCalls
  readonly #clock: Clock
  readonly #policy: SessionPolicy
  readonly #events: EventHub
  readonly #pump: NoticePump
  readonly #recheck: Recheck
  readonly #seats = new Set<Seat<C>>()
  readonly #byRef = new Map<string, Set<HeldSession<C>>>()
  readonly #bySubject = new Map<SubjectKey, Set<HeldSession<C>>>()
  /** Sockets that were told to close and have not gone yet. */
  readonly #closing = new Set<HeldSession<C>>()
  /** Sockets that the store is being told of. */
  readonly #releases = new Set<Promise<void>>()
  #size = 0
  #failure: WsticketError | undefined
  #draining = false
  #ended: () => void = () => {}

  constructor(parts: {
    readonly store: StoreCalls
    readonly clock: Clock
    readonly policy: SessionPolicy
    readonly events: EventHub
  }) {
    this.#store = parts.store
    this.#clock = parts.clock
    this.#policy = parts.policy
    this.#events = parts.events
    this.#pump = new NoticePump(parts.store.store, parts.clock, {
      notice: (notice) => this.#apply(notice),
      gap: () => {
        for (const seat of this.#seats) seat.gap = true
        this.#recheck.add(this.#byRef.keys())
      },
      heard: () => {
        this.#failure = undefined
      },
      failed: (error) => {
        this.#failure = this.#store.failed('notices', error)
      },
    })
    this.#recheck = new Recheck(parts.store, parts.clock, {
      held: (ref) => this.#byRef.has(ref),
      checked: (check) => {
        for (const session of [...(this.#byRef.get(check.ref) ?? [])]) this.#applyCheck(session, check)
      },
    })
  }

  /** Sockets held, and sessions admitted whose socket is about to come. */
  get size(): number {
    return this.#size
  }

  /** Why revocations are not heard at the moment; `undefined` if they are. */
  get failure(): WsticketError | undefined {
    return this.#failure
  }

  /** Resolves once this node sees every revocation. */
  ready(): Promise<void> {
    return this.#pump.start()
  }

  seat(): Seat<C> {
    const seat = new Seat<C>(this)
    this.#seats.add(seat)
    return seat
  }

  unseat(seat: Seat<C>): void {
    this.#seats.delete(seat)
    this.#ended()
  }

  settle(seat: Seat<C>, admitted: AdmittedSession<C>): HeldSession<C> {
    this.#seats.delete(seat)
    const session = new HeldSession(admitted, this.#clock, {
      deadline: (held) => void this.#lookUp(held, this.#clock.now() + DEADLINE_PATIENCE_MS),
      over: (held, code, durationMs) => {
        this.#remove(held)
        const { ref, principal } = held
        this.#events.emit('session.closed', { ref, subject: principal.subject, code, durationMs })
        this.#release(ref, held.admitted.attemptId)
      },
      closing: (held) => this.#closing.add(held),
      gone: (held) => {
        this.#closing.delete(held)
        this.#ended()
      },
      failed: (error) => this.#events.emit('handler.failed', { where: 'socket', message: messageOf(error) }),
    })
    this.#add(session)
    const { ref, principal, pathway, audience, deadline, address } = session
    const { subject } = principal
    this.#events.emit('session.opened', { ref, subject, pathway, audience, deadline, address })
    for (const notice of seat.missed) this.#applyTo(session, notice)
    if (seat.gap) this.#recheck.add([ref])
    // Redeemed while the node began to drain: whoever was held then is being closed already.
    if (this.#draining) session.end('draining')
    return session
  }

  /** Hands over the socket of a session. */
  hold(session: HeldSession<C>, socket: HeldSocket): SocketHold {
    session.attach(socket, this.#policy)
    return session
  }

  /** Takes over a renewal that this node carried out, so that its own sockets know without a look-up. */
  renewed(ref: string, remainingMs: number, permissions: readonly string[]): void {
    for (const session of [...(this.#byRef.get(ref) ?? [])]) this.#update(session, remainingMs, permissions)
  }

  /**
   * Closes what is held, spread over at most `windowMs`, and what is still being admitted. Resolves once every socket has gone,
   * or was cut off, and the store has been told, or did not listen. Revocations are heard for as long as that takes.
   */
  async drain(windowMs: number): Promise<void> {
    this.#draining = true
    const held = [...this.#byRef.values()].flatMap((sessions) => [...sessions])
    const paceMs = Math.min(windowMs / held.length, DRAIN_PACE_MS)
    const startedAt = this.#clock.now()
    let closed = 0
    for (const session of held) {
      const waitMs = startedAt + closed * paceMs - this.#clock.now()
      // One that ends by itself meanwhile takes nobody's turn.
      if (waitMs > 0) await pause(this.#clock, waitMs, session.signal)
      if (session.signal.aborted) continue
      session.end('draining')
      closed += 1
    }
    while (this.#seats.size + this.#closing.size + this.#releases.size > 0) {
      await new Promise<void>((resolve) => {
        this.#ended = resolve
      })
    }
  }

  /** Hears no more of revocations. */
  stop(): Promise<void> {
    return this.#pump.stop()
  }

  #release(ref: string, attemptId: string): void {
    const release = this.#store.closeSocket(ref, attemptId).then(() => {
      this.#releases.delete(release)
      this.#ended()
    })
    this.#releases.add(release)
  }

  #apply(notice: Notice): void {
    for (const seat of this.#seats) seat.missed.push(notice)
    const concerned = 'ref' in notice ? this.#byRef.get(notice.ref) : this.#bySubject.get(notice.subject)
    for (const session of [...(concerned ?? [])]) this.#applyTo(session, notice)
  }

  #applyTo(session: HeldSession<C>, notice: Notice): void {
    const { ref, subject, login, openedAt } = session.admitted
    if (notice.kind === 'narrowed') {
      if (notice.ref === ref) this.#update(session, undefined, notice.permissions)
    } else if (notice.kind === 'session') {
      if (notice.ref === ref) session.end(notice.code)
    } else if (notice.subject === subject && (notice.kind === 'subject' || notice.login === login)) {
      // Notices come at least once: an old one must not end what its user has opened since. But the store's clock may have
      // gone back in between, so that what looks younger is looked up.
      if (openedAt <= notice.at) session.end('session_revoked')
      else this.#recheck.add([ref])
    }
  }

  #update(session: HeldSession<C>, remainingMs: number | undefined, permissions: readonly string[]): void {
    if (!session.update(remainingMs, permissions)) return
    const { ref, principal } = session
    this.#events.emit('session.narrowed', { ref, permissions: principal.permissions })
  }

  async #lookUp(session: HeldSession<C>, until: number): Promise<void> {
    try {
      const [check] = await this.#store.checkSessions([session.ref])
      // A store that says nothing of a session does not know it.
      this.#applyCheck(session, check ?? { ref: session.ref, kind: 'gone' })
    } catch {
      // The failure was told to the hub already.
      if (session.signal.aborted) return
      if (this.#clock.now() >= until) session.end('store_unavailable')
      else this.#clock.after(DEADLINE_RETRY_MS, () => void this.#lookUp(session, until))
    }
  }

  #applyCheck(session: HeldSession<C>, check: SessionCheck): void {
    if (check.kind === 'over') session.end(check.code)
    else if (check.kind === 'gone') session.end('session_expired')
    else this.#update(session, check.remainingMs, check.permissions)
  }

  #add(session: HeldSession<C>): void {
    this.#size += 1
    addTo(this.#byRef, session.ref, session)
    addTo(this.#bySubject, session.admitted.subject, session)
  }

  #remove(session: HeldSession<C>): void {
    this.#size -= 1
    removeFrom(this.#byRef, session.ref, session)
    removeFrom(this.#bySubject, session.admitted.subject, session)
  }
}

function addTo<K, V>(index: Map<K, Set<V>>, key: K, value: V): void {
  const values = index.get(key)
  if (values === undefined) index.set(key, new Set([value]))
  else values.add(value)
}

function removeFrom<K, V>(index: Map<K, Set<V>>, key: K, value: V): void {
  const values = index.get(key)
  if (values?.delete(value) === true && values.size === 0) index.delete(key)
}
