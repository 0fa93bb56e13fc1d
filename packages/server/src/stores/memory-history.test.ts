import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findBreaches } from '../../../../test/ticket-history/check.js'
import type { Rule } from '../../../../test/ticket-history/history.js'
import { BROKEN_STORES } from '../../test/broken-stores.js'
import { type Operation, type Round, recordHistory } from '../../test/history.js'
import { loginKey, subjectKey } from '../authority/secret.js'
import { manualClock } from '../conformance/index.js'
import { memoryStore } from './memory.js'
import type { TicketStore } from './store.js'

const ADA = subjectKey(undefined, 'ada')
const HOLDERS = [
  { subject: ADA, login: loginKey(undefined, 'ada', 'phone') },
  { subject: ADA, login: loginKey(undefined, 'ada', 'desk') },
  { subject: subjectKey(undefined, 'alan'), login: loginKey(undefined, 'alan', 'phone') },
]

const who = fc.constantFrom(...HOLDERS)
const ticket = fc.nat({ max: 5 })

const issue: fc.Arbitrary<Operation> = fc
  .record({
    name: fc.constant('issue' as const),
    singleUse: fc.boolean(),
    ttlMs: fc.integer({ min: 1, max: 6000 }),
    who,
  })
  .map(({ who: holder, ...rest }) => ({ ...rest, ...holder }))
const redeem: fc.Arbitrary<Operation> = fc.record({
  name: fc.constant('redeem' as const),
  ticket,
  // Few, so that the same attempt comes again.
  attempt: fc.nat({ max: 3 }),
})
const revoke: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    name: fc.constant('revoke' as const),
    kind: fc.constantFrom('ticket' as const, 'session' as const),
    ticket,
  }),
  fc
    .tuple(fc.constantFrom('login' as const, 'subject' as const), who)
    .map(([kind, holder]) => ({ name: 'revoke' as const, kind, ...holder })),
)

const program: fc.Arbitrary<Round[]> = fc.array(
  fc.record({
    operations: fc.array(
      fc.oneof(
        { weight: 3, arbitrary: issue },
        { weight: 6, arbitrary: redeem },
        { weight: 1, arbitrary: revoke },
      ),
      { minLength: 1, maxLength: 8 },
    ),
    thenMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3000 })),
  }),
  { minLength: 1, maxLength: 8 },
)

type Clock = ReturnType<typeof manualClock>

/** Whatever the program is, its history breaks nothing, or at least not this. */
function property(make: (clock: Clock) => TicketStore, breach?: Rule) {
  return fc.asyncProperty(program, async (rounds) => {
    const clock = manualClock()
    const history = await recordHistory(make(clock), clock, rounds)
    const found = findBreaches(history, { clockBoundMs: 0, revokeBoundMs: 0, faults: false })
    return breach === undefined ? found.length === 0 : !found.some(({ rule }) => rule === breach)
  })
}

describe('whatever is done to the memory store at the same time', () => {
  test('a ticket is admitted once, in time, after its issue and before its revocation', async () => {
    await fc.assert(
      property((clock) => memoryStore({ clock })),
      { numRuns: 500 },
    )
  })

  const caught: Readonly<Record<string, Rule>> = {
    'reads a ticket and takes it away in two steps': 'admitted to two attempts',
    'admits whoever asks': 'admitted to two attempts',
    'does not notice that time passes': 'admitted after the expiry',
    'acknowledges revokes and forgets them': 'admitted after a revoke',
    'issues to logins that were revoked': 'issued after a logout',
    'takes the ticket away from an attempt that asks again': 'refused a retry',
    'admits nobody': 'admitted to nobody',
  }
  test.each(Object.entries(caught))('a store that %s is found out: %s', async (name, breach) => {
    const broken = BROKEN_STORES[name]
    if (broken === undefined) throw new Error(`there is no store that ${name}`)
    const wrong = property((clock) => broken(memoryStore({ clock }), clock), breach)
    // Always the same programs: which one finds it first is chance.
    const details = await fc.check(wrong, { numRuns: 500, seed: 1 })
    expect(details.failed).toBe(true)
    // By what it did, and not by an exception.
    expect(String(details.errorInstance)).toContain('returning false')
  })
})
