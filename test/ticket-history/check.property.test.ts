import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findBreaches } from './check.js'
import type { HistoryCall, IssueCall, RedeemCall, RevokeCall } from './history.js'

/** What somebody does, and when: from `began`, taking effect `effectMs` and being answered another `answerMs` later. */
interface Step {
  readonly began: number
  readonly effectMs: number
  readonly answerMs: number
  /** Nobody hears the answer; `never`: and nothing was done. */
  readonly lost: 'heard' | 'unheard' | 'never'
  readonly process: string
  readonly what:
    | { readonly name: 'issue'; readonly ref: string; readonly ttlMs: number; readonly singleUse: boolean }
    | { readonly name: 'redeem'; readonly ref: string; readonly attempt: string }
    | { readonly name: 'revoke'; readonly target: RevokeCall['target'] }
    /** A failover: what is outstanding is voided. */
    | { readonly name: 'failover' }
}

const REFS = ['r0', 'r1', 'r2']
const HOLDERS: Readonly<Record<string, { readonly subject: string; readonly login: string }>> = {
  r0: { subject: 'ada', login: 'phone' },
  r1: { subject: 'ada', login: 'desk' },
  r2: { subject: 'alan', login: 'phone' },
}
const holderOf = (ref: string) => HOLDERS[ref] ?? { subject: 'nobody', login: 'nowhere' }

const ref = fc.constantFrom(...REFS)
const redeeming = fc.record({
  name: fc.constant('redeem' as const),
  ref,
  attempt: fc.constantFrom('x', 'y', 'z'),
})
const revoking = fc.record({
  name: fc.constant('revoke' as const),
  target: fc.oneof(
    fc.record({ kind: fc.constantFrom('ticket' as const, 'session' as const), ref }),
    ref.map((of) => ({ kind: 'login' as const, ...holderOf(of) })),
    ref.map((of) => ({ kind: 'subject' as const, subject: holderOf(of).subject })),
  ),
})

function steps(faults: boolean): fc.Arbitrary<Step[]> {
  const time = {
    effectMs: fc.integer({ min: 1, max: 50 }),
    answerMs: fc.integer({ min: 1, max: 50 }),
    process: fc.constantFrom('a', 'b'),
  }
  const lost = fc.constantFrom<Step['lost']>('heard', ...(faults ? (['unheard', 'never'] as const) : []))
  const issues = fc.tuple(
    ...REFS.map((of) =>
      fc.record({
        ...time,
        began: fc.integer({ min: 0, max: 100 }),
        lost,
        what: fc.record({
          name: fc.constant('issue' as const),
          ref: fc.constant(of),
          ttlMs: fc.integer({ min: 1, max: 400 }),
          singleUse: fc.boolean(),
        }),
      }),
    ),
  )
  const others = fc.array(
    fc.record({
      ...time,
      began: fc.integer({ min: 0, max: 500 }),
      lost,
      what: fc.oneof(
        { weight: 8, arbitrary: redeeming },
        { weight: 2, arbitrary: revoking },
        ...(faults ? [{ weight: 1, arbitrary: fc.record({ name: fc.constant('failover' as const) }) }] : []),
      ),
    }),
    { maxLength: 20 },
  )
  return fc.tuple(issues, others).map(([first, rest]): Step[] => [...first, ...rest])
}

/** A store that does one thing after the other, which is all that the contract asks for. */
class Model {
  readonly #tickets = new Map<
    string,
    { expiresAt: number; singleUse: boolean; state: string; by: string[] }
  >()
  readonly #logouts = new Set<string>()

  issue(of: string, ttlMs: number, singleUse: boolean, now: number): IssueCall['outcome'] {
    if (this.#logouts.has(loginOf(holderOf(of)))) return { kind: 'refused', code: 'credential_revoked' }
    this.#tickets.set(of, { expiresAt: now + ttlMs, singleUse, state: 'outstanding', by: [] })
    return { kind: 'issued', remainingMs: ttlMs }
  }

  redeem(of: string, attempt: string, now: number): RedeemCall['outcome'] {
    const ticket = this.#tickets.get(of)
    if (ticket === undefined) return { kind: 'refused', code: 'unknown' }
    if (ticket.state === 'revoked') return { kind: 'refused', code: 'revoked' }
    if (ticket.by.includes(attempt)) return { kind: 'admitted' }
    if (ticket.state !== 'outstanding') return { kind: 'refused', code: ticket.state }
    if (now >= ticket.expiresAt) return { kind: 'refused', code: 'expired' }
    ticket.by.push(attempt)
    if (ticket.singleUse) ticket.state = 'used'
    return { kind: 'admitted' }
  }

  revoke(target: RevokeCall['target']): RevokeCall['outcome'] {
    if ('ref' in target) {
      const ticket = this.#tickets.get(target.ref)
      if (ticket !== undefined) ticket.state = 'revoked'
      return { kind: ticket === undefined ? 'unknown' : 'revoked' }
    }
    if (target.kind === 'login') this.#logouts.add(loginOf(target))
    for (const [of, ticket] of this.#tickets) {
      const { subject, login } = holderOf(of)
      if (subject === target.subject && (target.kind === 'subject' || login === target.login))
        ticket.state = 'revoked'
    }
    return { kind: 'revoked' }
  }

  failOver(): void {
    for (const ticket of this.#tickets.values()) if (ticket.state === 'outstanding') ticket.state = 'voided'
  }
}

function loginOf({ subject, login }: { subject: string; login: string }): string {
  return `${subject}/${login}`
}

/** What the model's users see of these steps. */
function play(plan: readonly Step[]): HistoryCall[] {
  const model = new Model()
  const calls: HistoryCall[] = []
  const inOrder = [...plan].sort((one, other) => one.began + one.effectMs - (other.began + other.effectMs))
  for (const { began, effectMs, answerMs, lost, process, what } of inOrder) {
    const now = began + effectMs
    const at = { process, began, ended: lost === 'heard' ? now + answerMs : undefined }
    const seen = <O>(work: () => O): O | { readonly kind: 'indeterminate' } => {
      const outcome = lost === 'never' ? undefined : work()
      return lost === 'heard' && outcome !== undefined ? outcome : { kind: 'indeterminate' }
    }
    if (what.name === 'failover') model.failOver()
    else if (what.name === 'issue') {
      const outcome = seen(() => model.issue(what.ref, what.ttlMs, what.singleUse, now))
      calls.push({
        ...at,
        name: 'issue',
        ref: what.ref,
        singleUse: what.singleUse,
        ...holderOf(what.ref),
        outcome,
      })
    } else if (what.name === 'redeem') {
      const outcome = seen(() => model.redeem(what.ref, what.attempt, now))
      calls.push({ ...at, name: 'redeem', ref: what.ref, attempt: what.attempt, at: 'store', outcome })
    } else {
      const outcome = seen(() => model.revoke(what.target))
      calls.push({ ...at, name: 'revoke', target: what.target, outcome })
    }
  }
  return calls
}

describe('Whatever is done, and whatever answers are lost', () => {
  test.each([true, false])(
    'a store that does one thing after the other breaks nothing (faults: %s)',
    (faults) => {
      fc.assert(
        fc.property(steps(faults), (plan) => {
          const found = findBreaches(play(plan), { clockBoundMs: 0, revokeBoundMs: 0, faults })
          expect(found.map(({ rule }) => rule)).toEqual([])
        }),
        { numRuns: 2000 },
      )
    },
  )

  test('a second admission of a single-use ticket is found, wherever it stands', () => {
    fc.assert(
      fc.property(steps(true), fc.nat(), (plan, choice) => {
        const history = play(plan)
        const winners = history.filter(
          (call): call is RedeemCall => call.name === 'redeem' && call.outcome.kind === 'admitted',
        )
        const winner = winners[choice % Math.max(winners.length, 1)]
        fc.pre(winner !== undefined)
        const once = history.some(
          (call) => call.name === 'issue' && call.ref === winner.ref && call.singleUse,
        )
        const planted = { ...winner, attempt: 'thief', process: 'elsewhere' }
        const found = findBreaches([...history, planted], { clockBoundMs: 0, revokeBoundMs: 0, faults: true })
        const double = found.filter(({ rule }) => rule === 'admitted to two attempts')
        expect(double.map(({ about }) => about)).toEqual(once ? [winner.ref] : [])
      }),
      { numRuns: 1000 },
    )
  })
})
