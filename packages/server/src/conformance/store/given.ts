import assert from 'node:assert/strict'
import { loginKey, mintTicket, subjectKey, systemRandom } from '../../authority/secret.js'
import type {
  Holder,
  IssueOutcome,
  IssueTerms,
  RedeemAttempt,
  RedeemOutcome,
  RedeemTerms,
  Renewal,
  TicketRecord,
  TicketStore,
} from '../../stores/store.js'

/** A life that no case outlasts, so that only cases about time have to do with it. */
export const LONG_MS = 600_000

export const ADA: string = subjectKey('https://id.example.com', 'ada')
export const ALAN: string = subjectKey('https://id.example.com', 'alan')
export const ADAS_PHONE: string = loginKey('https://id.example.com', 'ada', 'phone')
export const ADAS_DESK: string = loginKey('https://id.example.com', 'ada', 'desk')

/** A holder without times: what it may do is up to revocations alone. */
export function holder(subject: string = ADA, more: Partial<Holder> = {}): Holder {
  return { subject, login: undefined, issuedAt: undefined, expiresAt: undefined, ...more }
}

/** A record as the authority would write it. */
export function record(more: Partial<TicketRecord> = {}): TicketRecord {
  const of = more.holder ?? holder()
  return {
    ref: mintTicket(of.subject, new Uint8Array(32), systemRandom).ref,
    holder: of,
    principal: {
      issuer: 'https://id.example.com',
      subject: 'ada',
      email: 'ada@example.com',
      permissions: ['read', 'write'],
      claims: { team: 'engines', nested: { list: [1, 'two', null, true] } },
    },
    metadata: { room: 'r1' },
    audience: '/ws',
    singleUse: true,
    ttlMs: LONG_MS,
    bindings: {},
    ...more,
  }
}

export const ISSUE: IssueTerms = { rate: undefined, outstanding: 1000 }

export const REDEEM: RedeemTerms = {
  audience: '/ws',
  sessionsPerUser: 1000,
  maxSessionMs: LONG_MS,
  skewMs: 0,
  liveNodes: undefined,
}

let attempts = 0

/** A new attempt of the first node. */
export function attempt(more: Partial<RedeemAttempt> = {}): RedeemAttempt {
  attempts += 1
  return { id: `attempt-${attempts}`, node: 'node-a', address: '192.0.2.1', shown: {}, ...more }
}

/** A renewal by the holder itself that changes nothing but the deadline. */
export function renewal(more: Partial<Renewal> = {}): Renewal {
  return { holder: holder(), permissions: ['read', 'write'], maxSessionMs: LONG_MS, skewMs: 0, ...more }
}

/** Issues a ticket; that it is issued is taken for granted. */
export async function issued(
  store: TicketStore,
  more: Partial<TicketRecord> = {},
  terms: Partial<IssueTerms> = {},
): Promise<TicketRecord & { readonly at: number; readonly remainingMs: number }> {
  const kept = record(more)
  const outcome = await store.issue(kept, { ...ISSUE, ...terms })
  assertKind(outcome, 'issued')
  return { ...kept, at: outcome.at, remainingMs: outcome.remainingMs }
}

/** Issues a ticket and redeems it; that both succeed is taken for granted. */
export async function opened(
  store: TicketStore,
  more: Partial<TicketRecord> = {},
  terms: Partial<RedeemTerms> = {},
  by: RedeemAttempt = attempt(),
): Promise<
  Extract<RedeemOutcome, { kind: 'admitted' }> & { readonly ref: string; readonly by: RedeemAttempt }
> {
  const { ref } = await issued(store, more)
  const outcome = await store.redeem(ref, by, { ...REDEEM, ...terms })
  assertKind(outcome, 'admitted')
  return { ...outcome, ref, by }
}

/** The store's own clock, Unix milliseconds, as it last told it. */
export async function timeOf(store: TicketStore): Promise<number> {
  const stranger = holder(subjectKey(undefined, 'asks for the time'))
  return (await issued(store, { holder: stranger, ttlMs: 1 })).at
}

/** Kinds of outcomes, for comparing many at once. */
export async function kinds(
  outcomes: Iterable<Promise<{ readonly kind: string }>>,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { kind } of await Promise.all(outcomes)) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

/** Makes several of something, one call after the other in one go, so that they run at the same time. */
export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

/** Asserts what kind of outcome it is. */
export function assertKind<O extends { readonly kind: string }, K extends O['kind']>(
  outcome: O,
  kind: K,
): asserts outcome is Extract<O, { readonly kind: K }> {
  assert.equal(outcome.kind, kind, `expected ${kind}, got ${JSON.stringify(outcome)}`)
}

/** What an attempt of its own is answered, without its details. */
export async function redeemKind(
  store: TicketStore,
  ref: string,
  terms: Partial<RedeemTerms> = {},
): Promise<RedeemOutcome['kind']> {
  return (await store.redeem(ref, attempt(), { ...REDEEM, ...terms })).kind
}

/** What an issue of a throwaway ticket is answered, without its details. */
export async function issueKind(store: TicketStore, of: Holder): Promise<IssueOutcome['kind']> {
  return (await store.issue(record({ holder: of }), ISSUE)).kind
}

/** What is known of a ticket's state. */
export async function stateOf(store: TicketStore, ref: string): Promise<string> {
  const known = await store.inspect(ref)
  return known.kind === 'known' ? known.state : known.kind
}

/** A record without what is absent: stores that keep JSON drop it, others need not. */
export function comparable(value: object): unknown {
  return JSON.parse(JSON.stringify(value))
}
