import type { TicketStore } from '../src/stores/store.js'

/** The calls of a store. */
export type StoreCall = Exclude<keyof TicketStore, 'kind'>

/** Decides what becomes of a call; `make` makes it. */
export type Intercept = <T>(call: StoreCall, make: () => Promise<T>) => Promise<T>

/** A store each of whose calls passes by somebody who may hold it up, lose it or answer it. */
export function interceptedStore(inner: TicketStore, intercept: Intercept): TicketStore {
  return {
    kind: inner.kind,
    issue: (record, terms) => intercept('issue', () => inner.issue(record, terms)),
    redeem: (ref, attempt, terms) => intercept('redeem', () => inner.redeem(ref, attempt, terms)),
    inspect: (ref) => intercept('inspect', () => inner.inspect(ref)),
    revoke: (target) => intercept('revoke', () => inner.revoke(target)),
    checkCredential: (holder) => intercept('checkCredential', () => inner.checkCredential(holder)),
    renewSession: (ref, renewal) => intercept('renewSession', () => inner.renewSession(ref, renewal)),
    closeSocket: (ref, attemptId) => intercept('closeSocket', () => inner.closeSocket(ref, attemptId)),
    listSessions: (subject, liveNodes) =>
      intercept('listSessions', () => inner.listSessions(subject, liveNodes)),
    checkSessions: (refs) => intercept('checkSessions', () => inner.checkSessions(refs)),
    keepNode: (id) => intercept('keepNode', () => inner.keepNode(id)),
    notices: (cursor, signal) => intercept('notices', () => inner.notices(cursor, signal)),
    sealKeys: () => intercept('sealKeys', () => inner.sealKeys()),
    health: () => intercept('health', () => inner.health()),
    close: () => intercept('close', async () => inner.close?.()),
  }
}

/** A store whose calls can be counted, held up, lost, failed and answered by a test. */
export function faultyStore(inner: TicketStore): {
  readonly store: TicketStore
  /** How often each call was made. */
  readonly made: Map<StoreCall, number>
  /** What happens to a call until the test says otherwise. `undefined`: nothing out of the ordinary. */
  readonly faults: Map<StoreCall, Intercept | undefined>
} {
  const made = new Map<StoreCall, number>()
  const faults = new Map<StoreCall, Intercept | undefined>()
  const store = interceptedStore(inner, (call, make) => {
    made.set(call, (made.get(call) ?? 0) + 1)
    const fault = faults.get(call)
    return fault === undefined ? make() : fault(call, make)
  })
  return { store, made, faults }
}

/** The call never gets there, and nobody says so. */
export const lost: Intercept = () => new Promise<never>(() => {})

/** The call gets there, and its reply does not come back. */
export const replyLost: Intercept = async (_call, make) => {
  await make()
  return new Promise<never>(() => {})
}

/** The connection is refused. */
export const refusedConnection: Intercept = async () => {
  throw new Error('connect ECONNREFUSED')
}
