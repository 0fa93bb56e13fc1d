/** @typedef {import('@wsticket/server').TicketStore} TicketStore */
/** @typedef {import('@wsticket/server').TicketRecord} TicketRecord */

/**
 * The store that everybody writes first: `SET` to issue, `GETDEL` to redeem. One attempt wins, as long as nothing fails.
 * It is the lab's positive control: a run in which it does not let somebody in twice has not looked where it hurts. It can
 * neither tell a used ticket from an unknown one, nor an attempt that asks again from a thief, nor end a login.
 *
 * @param {import('./connect.mjs').Connected} redis
 * @returns {TicketStore}
 */
export function getdelStore({ send }) {
  const key = (/** @type {string} */ ref) => `getdel:${ref}`
  return {
    kind: 'getdel',
    async issue(record) {
      const at = Date.now()
      const { expiresAt = Number.POSITIVE_INFINITY } = record.holder
      const remainingMs = Math.floor(Math.min(record.ttlMs, expiresAt * 1000 - at))
      if (remainingMs <= 0) return { kind: 'expired' }
      await send(key(record.ref), ['SET', key(record.ref), JSON.stringify(record), 'PX', String(remainingMs)])
      return { kind: 'issued', at, remainingMs, quota: undefined, voided: undefined }
    },
    async redeem(ref, _attempt, terms) {
      const value = await send(key(ref), ['GETDEL', key(ref)])
      if (typeof value !== 'string') return { kind: 'unknown' }
      const record = /** @type {TicketRecord} */ (JSON.parse(value))
      const at = Date.now()
      const { permissions } = record.principal
      return { kind: 'admitted', at, record, openedAt: at, remainingMs: terms.maxSessionMs, permissions }
    },
    async revoke(target) {
      if (!('ref' in target)) return { kind: 'unknown' }
      const deleted = await send(key(target.ref), ['DEL', key(target.ref)])
      return Number(deleted) > 0 ? { kind: 'revoked', at: Date.now() } : { kind: 'unknown' }
    },
    inspect: async () => ({ kind: 'unknown' }),
    checkCredential: async () => ({ kind: 'good' }),
    renewSession: async () => ({ kind: 'unknown' }),
    closeSocket: async () => undefined,
    listSessions: async () => [],
    checkSessions: async (refs) =>
      refs.map((ref) => ({ ref, kind: 'live', remainingMs: 60_000, permissions: [] })),
    keepNode: async (id) => [id],
    async notices(cursor, signal) {
      if (cursor !== undefined && !signal.aborted)
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      return { cursor: 'the only one', notices: [], gap: false }
    },
    // All nodes of a run know it: what is tried here is not the seal.
    sealKeys: async () => [new Uint8Array(32)],
    health: async () => ({
      kind: 'getdel',
      reachable: true,
      latencyMs: 0,
      promises: { single_use: 'none', revocation: 'none', shared: 'nodes' },
      expired: 0,
      warnings: [],
    }),
  }
}
