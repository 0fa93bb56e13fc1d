import { type ManualClock, manualClock } from '../src/conformance/manual-clock.js'
import type { Session } from '../src/sessions/session.js'
import { memoryStore } from '../src/stores/memory.js'
import type { TicketStore } from '../src/stores/store.js'
import { type RecordedSocket, recordedSocket } from './held-socket.js'
import { type Intercept, interceptedStore, type StoreCall } from './intercepted-store.js'
import { type Rig, type RigOptions, rig, type TicketOptions } from './rig.js'

/** A node's own way to the store, which can be cut. */
export interface Link {
  readonly store: TicketStore
  /** What becomes of a call while the way is open. */
  readonly faults: Map<StoreCall, Intercept>
  /** From now on nothing gets through, and what is under way fails. */
  cut(): void
  mend(): void
}

/** A socket that a node holds. */
export interface HeldOnNode {
  readonly ref: string
  readonly ticket: string
  readonly session: Session
  readonly socket: RecordedSocket
  /** The peer has gone. */
  gone(): void
}

/** A ticket authority with its own way to the store that it shares with others. */
export interface TestNode extends Rig, Omit<Link, 'store'> {
  /** Takes a ticket here, unless there is one already, and opens a socket with it; `undefined` if it is refused. */
  tryConnect(
    subject: string,
    options?: TicketOptions & { readonly ticket?: string },
  ): Promise<HeldOnNode | undefined>
  /** The same, and fails if it is refused. */
  connect(subject: string, options?: TicketOptions & { readonly ticket?: string }): Promise<HeldOnNode>
  /** What a user sees of the own sessions here: refs and numbers of sockets. */
  sessionsOf(subject: string): Promise<Record<string, unknown>>
}

/** Several nodes over one memory store, on one clock that stands still. */
export interface Nodes {
  readonly clock: ManualClock
  readonly store: TicketStore
  node(options?: Omit<RigOptions, 'clock' | 'store'>): TestNode
}

export function nodes(): Nodes {
  const clock = manualClock()
  const store = memoryStore({ clock })
  return {
    clock,
    store,
    node: (options = {}) => {
      const { store: way, ...link } = linkTo(store)
      const of = rig({ ...options, clock, store: way })
      return { ...of, ...link, ...clientsOf(of) }
    },
  }
}

export function linkTo(inner: TicketStore): Link {
  const faults = new Map<StoreCall, Intercept>()
  const underWay = new Set<(error: Error) => void>()
  let open = true
  const pass: Intercept = (call, make) =>
    new Promise((resolve, reject) => {
      if (!open) return reject(new Error('connect ECONNREFUSED'))
      underWay.add(reject)
      const made = faults.get(call)?.(call, make) ?? make()
      made.then(resolve, reject).finally(() => underWay.delete(reject))
      return undefined
    })
  return {
    store: interceptedStore(inner, pass),
    faults,
    cut() {
      open = false
      for (const fail of underWay) fail(new Error('read ECONNRESET'))
    },
    mend() {
      open = true
    },
  }
}

function clientsOf(of: Rig): Pick<TestNode, 'tryConnect' | 'connect' | 'sessionsOf'> {
  const tryConnect: TestNode['tryConnect'] = async (subject, { ticket: given, ...options } = {}) => {
    const ticket = given ?? (await of.ticketOf(subject, options)).ticket
    const admission = await of.wsticket.redeem(ticket, { audience: '/ws', address: '192.0.2.1' })
    if (!admission.ok) return undefined
    const { session } = admission
    const socket = recordedSocket(() => hold.heard())
    const hold = admission.hold(socket)
    return { ref: session.ref, ticket, session, socket, gone: () => hold.ended() }
  }
  return {
    tryConnect,
    async connect(subject, options) {
      const held = await tryConnect(subject, options)
      if (held === undefined) throw new Error(`refused: ${JSON.stringify(of.take('redeem.refused'))}`)
      return held
    },
    async sessionsOf(subject) {
      const reply = await of.ask({ target: '/api/websocket/sessions', token: of.tokenOf(subject) })
      const sessions: unknown = reply.json.sessions
      if (!Array.isArray(sessions)) throw new Error(reply.text)
      return Object.fromEntries(
        sessions.map(({ session_id, sockets }: Record<string, unknown>) => [String(session_id), sockets]),
      )
    },
  }
}
