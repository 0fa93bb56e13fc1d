import type { Clock } from '../src/clock.js'
import { manualClock } from '../src/conformance/index.js'
import { type MemoryTicketStore, memoryStore } from '../src/stores/memory.js'
import type { RedeemOutcome, TicketStore } from '../src/stores/store.js'
import { interceptedStore } from './intercepted-store.js'

type Break = (good: MemoryTicketStore, clock: Clock) => TicketStore

/** The good store, with some calls done otherwise. */
function but(good: TicketStore, changes: Partial<TicketStore>): TicketStore {
  return { ...interceptedStore(good, (_call, make) => make()), ...changes }
}

/** Stores each of which breaks one sentence of the contract, as it easily happens. */
export const BROKEN_STORES = {
  'reads a ticket and takes it away in two steps': (good, clock) => {
    const taken = new Map<string, string>()
    return but(good, {
      async redeem(ref, attempt, terms) {
        const known = await good.inspect(ref)
        const by = taken.get(ref)
        if (known.kind === 'unknown' || known.state !== 'outstanding') return good.redeem(ref, attempt, terms)
        const holder = known.record.holder
        if (by !== undefined && by !== attempt.id) return { kind: 'used', first: { at: clock.now() }, holder }
        // Here somebody else reads.
        await Promise.resolve()
        taken.set(ref, attempt.id)
        const { record, at } = known
        const { permissions } = record.principal
        return { kind: 'admitted', at, record, openedAt: at, remainingMs: terms.maxSessionMs, permissions }
      },
    })
  },
  'takes the ticket away from an attempt that asks again': (good) => {
    const seen = new Set<string>()
    return but(good, {
      async redeem(ref, attempt, terms) {
        const outcome = await good.redeem(ref, attempt, terms)
        if (outcome.kind !== 'admitted' || !outcome.record.singleUse || !seen.has(attempt.id)) {
          seen.add(attempt.id)
          return outcome
        }
        return { kind: 'used', first: { at: outcome.at }, holder: outcome.record.holder }
      },
    })
  },
  'does not notice that time passes': () => memoryStore({ clock: manualClock() }),
  'acknowledges revokes and forgets them': (good) =>
    but(good, { revoke: async () => ({ kind: 'revoked', at: 0 }) }),
  'revokes tickets and leaves their sessions alone': (good) =>
    but(good, {
      async revoke(target) {
        if (target.kind !== 'ticket') return good.revoke(target)
        const [session] = await good.checkSessions([target.ref])
        return session?.kind === 'live' ? { kind: 'revoked', at: 0 } : good.revoke(target)
      },
    }),
  'admits nobody': (good) => but(good, { redeem: async (): Promise<RedeemOutcome> => ({ kind: 'unknown' }) }),
  'admits whoever asks': (good) => {
    const opened = new Map<string, RedeemOutcome>()
    return but(good, {
      async redeem(ref, attempt, terms) {
        const outcome = await good.redeem(ref, attempt, terms)
        if (outcome.kind === 'admitted') opened.set(ref, outcome)
        return opened.get(ref) ?? outcome
      },
    })
  },
  'burns the ticket at a mismatch': (good) =>
    but(good, {
      async redeem(ref, attempt, terms) {
        const outcome = await good.redeem(ref, attempt, terms)
        if (outcome.kind === 'mismatch') await good.revoke({ kind: 'ticket', ref })
        return outcome
      },
    }),
  'does not ask whose it is': (good) =>
    but(good, {
      revoke: (target) => good.revoke('owner' in target ? { ...target, owner: undefined } : target),
    }),
  'counts no rate and no cap': (good) =>
    but(good, { issue: (record) => good.issue(record, { rate: undefined, outstanding: 1_000_000 }) }),
  'counts sockets without regard to the limit': (good) =>
    but(good, {
      redeem: (ref, attempt, terms) => good.redeem(ref, attempt, { ...terms, sessionsPerUser: 1_000_000 }),
    }),
  'counts the sockets of dead nodes': (good) =>
    but(good, {
      redeem: (ref, attempt, terms) => good.redeem(ref, attempt, { ...terms, liveNodes: undefined }),
    }),
  'lists the sessions of dead nodes': (good) =>
    but(good, { listSessions: (subject) => good.listSessions(subject) }),
  'lets no lease run out': (good) => {
    const ever = new Set<string>()
    return but(good, {
      async keepNode(id) {
        for (const node of await good.keepNode(id)) ever.add(node)
        return [...ever]
      },
    })
  },
  'takes a lease for what was asked for once': (good) => {
    const ever = new Set<string>()
    return but(good, {
      async keepNode(id) {
        if (ever.has(id)) return [id]
        ever.add(id)
        return good.keepNode(id)
      },
    })
  },
  'issues to logins that were revoked': (good) =>
    but(good, {
      issue: (record, terms) =>
        good.issue({ ...record, holder: { ...record.holder, login: undefined, issuedAt: undefined } }, terms),
    }),
  'lets a ticket outlive its credential': (good) =>
    but(good, {
      issue: (record, terms) =>
        good.issue({ ...record, holder: { ...record.holder, expiresAt: undefined } }, terms),
    }),
  'renews for whoever asks': (good) =>
    but(good, {
      async renewSession(ref, renewal) {
        const known = await good.inspect(ref)
        return known.kind === 'known'
          ? good.renewSession(ref, { ...renewal, holder: known.record.holder })
          : good.renewSession(ref, renewal)
      },
    }),
  'widens what is renewed': (good) =>
    but(good, {
      async renewSession(ref, renewal) {
        const outcome = await good.renewSession(ref, renewal)
        return outcome.kind === 'renewed' ? { ...outcome, permissions: renewal.permissions } : outcome
      },
    }),
  'never hears that a socket has gone': (good) => but(good, { closeSocket: async () => {} }),
  'uses a ticket up that it only looks at': (good) =>
    but(good, {
      async inspect(ref) {
        const known = await good.inspect(ref)
        await good.revoke({ kind: 'ticket', ref })
        return known
      },
    }),
  'announces nothing': (good) =>
    but(good, {
      notices: async (cursor, signal) => ({ ...(await good.notices(cursor, signal)), notices: [] }),
    }),
  'hides gaps': (good) =>
    but(good, {
      notices: async (cursor, signal) => ({ ...(await good.notices(cursor, signal)), gap: false }),
    }),
  'makes new seal keys for each who asks': (good) => {
    let made = 0
    return but(good, {
      async sealKeys() {
        made += 1
        return [new Uint8Array(32).fill(made)]
      },
    })
  },
  'mixes up the sessions that it checks': (good) =>
    but(good, { checkSessions: async (refs) => [...(await good.checkSessions(refs))].reverse() }),
  "lists what is nobody's business": (good) => {
    const subjects = new Set<string>()
    return but(good, {
      issue: (record, terms) => {
        subjects.add(record.holder.subject)
        return good.issue(record, terms)
      },
      listSessions: async () =>
        (await Promise.all([...subjects].map((one) => good.listSessions(one)))).flat(),
    })
  },
} satisfies Record<string, Break> as Readonly<Record<string, Break>>
