import { describe, expect, test } from 'vitest'
import { findBreaches } from './check.js'
import type { Expectations, HistoryCall, IssueCall, RedeemCall, RevokeCall, Rule } from './history.js'

const REF = '7fAAAAAAAAAAAAAAAAAAAAAA'
const FAULTY: Expectations = { clockBoundMs: 0, revokeBoundMs: 0, faults: true }
const CALM: Expectations = { ...FAULTY, faults: false }
const INDETERMINATE = { kind: 'indeterminate' } as const

/** Issued from 10 to 20, good until 1020 at the latest. */
function issue(more: Partial<IssueCall> = {}): IssueCall {
  return {
    name: 'issue',
    process: 'a',
    began: 10,
    ended: 20,
    ref: REF,
    singleUse: true,
    subject: 'ada',
    login: 'phone',
    outcome: { kind: 'issued', remainingMs: 1000 },
    ...more,
  }
}

/** Asked from `began` for 10 milliseconds. */
function redeem(attempt: string, began: number, outcome: string, more: Partial<RedeemCall> = {}): RedeemCall {
  return {
    name: 'redeem',
    process: 'b',
    began,
    ended: began + 10,
    ref: REF,
    attempt,
    at: 'store',
    outcome:
      outcome === 'admitted' || outcome === 'indeterminate'
        ? { kind: outcome }
        : { kind: 'refused', code: outcome },
    ...more,
  }
}

function revoke(began: number, more: Partial<RevokeCall> = {}): RevokeCall {
  return {
    name: 'revoke',
    process: 'c',
    began,
    ended: began + 10,
    target: { kind: 'ticket', ref: REF },
    outcome: { kind: 'revoked' },
    ...more,
  }
}

const logout = (began: number, more: Partial<RevokeCall> = {}): RevokeCall =>
  revoke(began, { target: { kind: 'login', subject: 'ada', login: 'phone' }, ...more })

function rules(history: readonly HistoryCall[], expectations: Expectations = FAULTY): Rule[] {
  return findBreaches(history, expectations).map(({ rule }) => rule)
}

describe('A history that the contract allows has no breach:', () => {
  const good: Record<string, HistoryCall[]> = {
    'one attempt wins, the others find it used': [
      issue(),
      redeem('x', 30, 'admitted'),
      redeem('y', 30, 'used'),
      redeem('z', 50, 'used'),
    ],
    'the same attempt wins again, on another node and after the expiry': [
      issue(),
      redeem('x', 30, 'admitted'),
      redeem('x', 45, 'admitted', { process: 'c' }),
      redeem('x', 2000, 'admitted'),
    ],
    'an attempt whose answer was lost has won': [
      issue(),
      redeem('x', 30, 'indeterminate'),
      redeem('y', 50, 'used'),
    ],
    'an attempt won, was sent again by the client of a store that fell, and found it lost': [
      issue(),
      redeem('x', 30, 'unknown', { ended: 90 }),
      redeem('y', 50, 'used'),
      redeem('z', 95, 'unknown'),
    ],
    'an attempt won, was revoked, and was sent again by its client': [
      issue(),
      redeem('x', 30, 'used', { ended: 90 }),
      logout(45),
      redeem('y', 60, 'used'),
    ],
    'an attempt whose process was killed has won long after': [
      issue(),
      redeem('x', 30, 'indeterminate', { ended: undefined }),
      redeem('y', 50, 'admitted'),
      redeem('y', 500, 'used'),
    ],
    'a revoke overtakes a redeem that began before it was acknowledged': [
      issue(),
      revoke(30),
      redeem('x', 35, 'admitted'),
    ],
    'a revoke whose answer was lost explains a refusal': [
      issue(),
      revoke(30, { outcome: INDETERMINATE }),
      redeem('x', 50, 'revoked'),
    ],
    'a logout before the issue ended may have come first': [issue(), logout(15), redeem('x', 50, 'admitted')],
    'a logout of another login': [
      issue(),
      logout(30, { target: { kind: 'login', subject: 'ada', login: 'desk' } }),
      redeem('x', 50, 'admitted'),
    ],
    'a logout of another subject': [
      issue(),
      revoke(30, { target: { kind: 'subject', subject: 'alan' } }),
      redeem('x', 50, 'admitted'),
    ],
    'it expires at the moment it may': [issue(), redeem('x', 1001, 'expired')],
    'it is admitted in the last moment': [issue(), redeem('x', 1019, 'admitted')],
    'a reusable one is admitted to many': [
      issue({ singleUse: false }),
      redeem('x', 30, 'admitted'),
      redeem('y', 40, 'admitted'),
    ],
    'a client is let in by the word of the store': [
      issue(),
      redeem('x', 30, 'admitted'),
      redeem('x', 29, 'admitted', { at: 'door', ended: 45 }),
      redeem('y', 50, 'used'),
      redeem('y', 49, 'used', { at: 'door', ended: 65 }),
    ],
    'a client is let in, and what the store said was lost with the node': [
      issue(),
      redeem('x', 30, 'indeterminate', { ended: undefined }),
      redeem('x', 29, 'admitted', { at: 'door' }),
    ],
    'an issue whose answer was lost': [issue({ outcome: INDETERMINATE }), redeem('x', 30, 'admitted')],
  }

  test.each(Object.entries(good))('%s', (_name, history) => {
    expect(rules(history)).toEqual([])
  })

  test('a store that failed over may void or forget, one that did not may neither', () => {
    const history = [issue(), redeem('x', 30, 'voided'), redeem('y', 50, 'unknown')]
    expect(rules(history)).toEqual([])
    expect(rules(history, CALM)).toEqual(['lost without a fault', 'admitted to nobody'])
  })
})

describe('A history that breaks the contract is found out:', () => {
  const bad: [Rule, string, HistoryCall[]][] = [
    [
      'admitted to two attempts',
      'two at once',
      [issue(), redeem('x', 30, 'admitted'), redeem('y', 30, 'admitted')],
    ],
    [
      'admitted to two attempts',
      'a second one much later, on another node',
      [issue(), redeem('x', 30, 'admitted'), redeem('y', 900, 'admitted', { process: 'c' })],
    ],
    [
      'admitted to two attempts',
      'one of them told only at the door',
      [
        issue(),
        redeem('x', 30, 'admitted'),
        redeem('y', 30, 'indeterminate'),
        redeem('y', 29, 'admitted', { at: 'door' }),
      ],
    ],
    ['admitted without an issue', 'nobody issued it', [redeem('x', 30, 'admitted')]],
    [
      'admitted without an issue',
      'it was issued later',
      [issue({ began: 50, ended: 60 }), redeem('x', 30, 'admitted')],
    ],
    [
      'admitted without an issue',
      'the issue was refused',
      [issue({ outcome: { kind: 'refused', code: 'rate_limited' } }), redeem('x', 30, 'admitted')],
    ],
    ['admitted after the expiry', 'by a new attempt', [issue(), redeem('x', 1020, 'admitted')]],
    [
      'admitted after the expiry',
      'by an attempt that was refused before',
      [issue(), redeem('x', 30, 'unknown'), redeem('x', 1020, 'admitted')],
    ],
    ['admitted after a revoke', 'of the ticket', [issue(), revoke(30), redeem('x', 41, 'admitted')]],
    [
      'admitted after a revoke',
      'of its session, even to the same attempt',
      [
        issue(),
        redeem('x', 21, 'admitted'),
        revoke(40, { target: { kind: 'session', ref: REF } }),
        redeem('x', 60, 'admitted'),
      ],
    ],
    ['admitted after a revoke', 'of the login', [issue(), logout(30), redeem('x', 41, 'admitted')]],
    [
      'admitted after a revoke',
      'of the subject',
      [issue(), revoke(30, { target: { kind: 'subject', subject: 'ada' } }), redeem('x', 41, 'admitted')],
    ],
    [
      'admitted after a revoke',
      'of a reusable one',
      [issue({ singleUse: false }), revoke(30), redeem('x', 41, 'admitted')],
    ],
    [
      'admitted without the word of the store',
      'it said no',
      [
        issue(),
        redeem('y', 22, 'admitted'),
        redeem('x', 50, 'used'),
        redeem('x', 49, 'admitted', { at: 'door' }),
      ],
    ],
    [
      'admitted without the word of the store',
      'it was not asked',
      [issue(), redeem('x', 49, 'admitted', { at: 'door' })],
    ],
    [
      'issued after a logout',
      'of that login',
      [issue({ began: 50, ended: 60 }), logout(30), redeem('x', 70, 'expired')],
    ],
    [
      'used by nobody',
      'nobody else asked, and what was revoked was revoked later',
      [issue(), redeem('x', 30, 'used'), logout(45)],
    ],
    ['used by nobody', 'nobody else asked', [issue(), redeem('x', 30, 'used')]],
    [
      'used by nobody',
      'the others were refused',
      [issue(), redeem('x', 30, 'used'), redeem('y', 50, 'expired'), redeem('z', 50, 'session_limit')],
    ],
    [
      'used by nobody',
      'who won asked later',
      [issue(), redeem('x', 30, 'used'), redeem('y', 50, 'admitted')],
    ],
    [
      'used by nobody',
      'the store did not say so to a client that was let in',
      [issue(), redeem('x', 29, 'admitted', { at: 'door' }), redeem('y', 50, 'used')],
    ],
    ['revoked by nobody', 'nobody did', [issue(), redeem('x', 30, 'revoked')]],
    ['revoked by nobody', 'somebody did later', [issue(), redeem('x', 30, 'revoked'), revoke(50)]],
    ['expired too early', 'long before', [issue(), redeem('x', 30, 'expired')]],
  ]

  test.each(bad)('%s: %s', (rule, _how, history) => {
    expect(rules(history)).toContain(rule)
  })

  const dead: [Rule, string, HistoryCall[]][] = [
    [
      'refused to issue',
      'without a logout',
      [issue({ outcome: { kind: 'refused', code: 'credential_revoked' } })],
    ],
    ['admitted to nobody', 'though one asked in time', [issue(), redeem('x', 30, 'session_limit')]],
    ['refused a retry', 'that had won', [issue(), redeem('x', 30, 'admitted'), redeem('x', 50, 'used')]],
    [
      'revoked by nobody',
      'there was nothing to revoke',
      [issue(), revoke(22, { outcome: { kind: 'unknown' } }), redeem('x', 40, 'revoked')],
    ],
    ['lost without a fault', 'forgotten', [issue(), redeem('x', 30, 'unknown')]],
    [
      'used by nobody',
      'who was there was refused',
      [issue(), redeem('x', 30, 'unknown', { ended: 90 }), redeem('y', 50, 'used')],
    ],
    ['lost without a fault', 'voided', [issue(), redeem('x', 30, 'voided')]],
  ]

  test.each(dead)('%s: %s, while nothing failed', (rule, _how, history) => {
    expect(rules(history, CALM)).toContain(rule)
    expect(rules(history, FAULTY)).toEqual([])
  })
})

describe('The bounds', () => {
  test('excuse what came so much later, and nothing after that', () => {
    const revoked = (began: number): HistoryCall[] => [issue(), revoke(30), redeem('x', began, 'admitted')]
    const expired = (began: number): HistoryCall[] => [issue(), redeem('x', began, 'admitted')]
    const early = (began: number): HistoryCall[] => [issue(), redeem('x', began, 'expired')]
    const late = (began: number): HistoryCall[] => [issue({ began, ended: began + 5 }), logout(30)]
    const bounds = { ...FAULTY, revokeBoundMs: 100, clockBoundMs: 50 }
    expect(rules(revoked(140), bounds)).toEqual([])
    expect(rules(revoked(141), bounds)).toEqual(['admitted after a revoke'])
    expect(rules(expired(1069), bounds)).toEqual([])
    expect(rules(expired(1070), bounds)).toEqual(['admitted after the expiry'])
    expect(rules(early(950), bounds)).toEqual([])
    expect(rules(early(949), bounds)).toEqual(['expired too early'])
    expect(rules(late(140), bounds)).toEqual([])
    expect(rules(late(141), bounds)).toEqual(['issued after a logout'])
  })
})

describe('The bound of what carries no fence', () => {
  test('is for reusable tickets and for logins, and not for single-use ones', () => {
    const bounds = { ...FAULTY, unfencedBoundMs: 100 }
    const revoked = (singleUse: boolean, began: number): HistoryCall[] => [
      issue({ singleUse }),
      revoke(30),
      redeem('x', began, 'admitted'),
    ]
    const late = (began: number): HistoryCall[] => [issue({ began, ended: began + 5 }), logout(30)]
    expect(rules(revoked(true, 41), bounds)).toEqual(['admitted after a revoke'])
    expect(rules(revoked(false, 140), bounds)).toEqual([])
    expect(rules(revoked(false, 141), bounds)).toEqual(['admitted after a revoke'])
    expect(rules(late(140), bounds)).toEqual([])
    expect(rules(late(141), bounds)).toEqual(['issued after a logout'])
  })
})

describe('A breach', () => {
  test('comes with everything that was done to its ticket, in order, and nothing else', () => {
    const other = issue({ ref: '7fB', subject: 'alan' })
    const history = [
      redeem('y', 30, 'admitted'),
      revoke(60, { target: { kind: 'subject', subject: 'ada' } }),
      other,
      redeem('x', 25, 'admitted'),
      issue(),
    ]
    const [breach, ...more] = findBreaches(history, FAULTY)
    expect(more).toEqual([])
    expect(breach?.about).toBe(REF)
    expect(breach?.calls.map(({ began }) => began)).toEqual([10, 25, 30, 60])
  })
})
