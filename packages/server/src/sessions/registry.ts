import type { Clock } from '../clock.js'
import { messageOf, type WsticketError } from '../errors.js'
import type { EventHub } from '../events/hub.js'
import type { Claims } from '../identity/principal.js'
import type { Notice, SessionCheck, SubjectKey } from '../stores/store.js'
import type { StoreCalls } from '../stores/store-calls.js'
import { type AdmittedSession, HeldSession } from './held-session.js'
import { NoticePump } from './notices.js'
import type { SessionPolicy } from './policy.js'
import type { HeldSocket, SocketHold } from './session.js'

// How long a deadline waits for a store that does not answer, before its socket is closed all the same.
const DEADLINE_PATIENCE_MS = 30_000
const DEADLINE_RETRY_MS = 1000
// Of held sessions checked in one call after a gap.
const CHECK_BATCH = 500

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
  readonly #seats = new Set<Seat<C>>()
  readonly #byRef = new Map<string, Set<HeldSession<C>>>()
  readonly #bySubject = new Map<SubjectKey, Set<HeldSession<C>>>()
  /** Sockets that the store is being told of. */
  readonly #releases = new Set<Promise<void>>()
  #size = 0
  #failure: WsticketError | undefined
  #closed: 'draining' | undefined

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
        void this.#checkAll()
      },
      heard: () => {
        this.#failure = undefined
      },
      failed: (error) => {
        this.#failure = this.#store.failed('notices', error)
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
      failed: (error) => this.#events.emit('handler.failed', { where: 'socket', message: messageOf(error) }),
    })
    this.#add(session)
    const { ref, principal, audience, deadline, address } = session
    this.#events.emit('session.opened', { ref, subject: principal.subject, audience, deadline, address })
    for (const notice of seat.missed) this.#applyTo(session, notice)
    if (seat.gap) void this.#checkBatch([ref])
    if (this.#closed !== undefined) session.end(this.#closed)
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

  /** Ends everything that is held, and what is still being admitted, and stops listening. */
  async close(code: 'draining'): Promise<void> {
    this.#closed = code
    for (const sessions of [...this.#byRef.values()]) for (const session of [...sessions]) session.end(code)
    await this.#pump.stop()
    // A store that counts these sockets must know that they are gone before the process is.
    await Promise.all(this.#releases)
  }

  #release(ref: string, attemptId: string): void {
    const release = this.#store.closeSocket(ref, attemptId).finally(() => this.#releases.delete(release))
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
      // Notices come at least once: an old one must not end what its user has opened since.
      if (openedAt <= notice.at) session.end('session_revoked')
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

  async #checkAll(): Promise<void> {
    const refs = [...this.#byRef.keys()]
    for (let start = 0; start < refs.length; start += CHECK_BATCH) {
      await this.#checkBatch(refs.slice(start, start + CHECK_BATCH))
    }
  }

  async #checkBatch(refs: readonly string[]): Promise<void> {
    if (!refs.some((ref) => this.#byRef.has(ref))) return
    try {
      for (const check of await this.#store.checkSessions(refs)) {
        for (const session of [...(this.#byRef.get(check.ref) ?? [])]) this.#applyCheck(session, check)
      }
    } catch {
      // Until it is known what was missed, nothing that is held can be trusted: asked again until it is.
      this.#clock.after(DEADLINE_RETRY_MS, () => void this.#checkBatch(refs))
    }
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
