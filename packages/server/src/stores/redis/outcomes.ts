import type {
  IssueOutcome,
  OvertakenCredential,
  RedeemOutcome,
  RenewOutcome,
  SessionCheck,
  SessionEndCode,
  TicketState,
} from '../store.js'
import { fromWord, fromWords } from './text.js'
import { readTicket } from './ticket-value.js'

const STATES: readonly unknown[] = [
  'outstanding',
  'expired',
  'used',
  'voided',
  'revoked',
] satisfies TicketState[]
const MISMATCHES = ['audience', 'origin', 'network', 'cookie'] as const
const PLAIN_REFUSALS = ['unknown', 'expired', 'voided', 'revoked', 'session_limit'] as const

/** What ISSUE answered. */
export function issueOutcome(reply: readonly string[]): IssueOutcome {
  const [kind, ...rest] = reply
  if (kind === 'expired') return { kind }
  if (kind === 'rate_limited') {
    const [remaining, resetMs] = rest.map(Number)
    return { kind, quota: { remaining: remaining ?? 0, resetMs: resetMs ?? 0 } }
  }
  const overtaken = overtakenOutcome(reply)
  if (overtaken !== undefined) return overtaken
  if (kind !== 'issued') throw unexpected('issue', kind)
  const [at = '', expires = '', left = '-', resetMs = '', voided = ''] = rest
  return {
    kind,
    at: Number(at),
    remainingMs: Number(expires) - Number(at),
    quota: left === '-' ? undefined : { remaining: Number(left), resetMs: Number(resetMs) },
    voided: voided === '' ? undefined : voided,
  }
}

/** What REDEEM answered. */
export function redeemOutcome(ref: string, reply: readonly string[]): RedeemOutcome {
  const [kind, ...rest] = reply
  if (kind === 'admitted') {
    const [at = '', openedAt = '', deadline = '', value = ''] = rest
    const { record } = readTicket(ref, value)
    return {
      kind,
      at: Number(at),
      record,
      openedAt: Number(openedAt),
      remainingMs: Number(deadline) - Number(at),
      permissions: record.principal.permissions,
    }
  }
  if (kind === 'used') {
    const [at = '', address, value = ''] = rest
    const { holder } = readTicket(ref, value).record
    return { kind, first: { at: Number(at), address: fromWord(address) }, holder }
  }
  if (kind === 'mismatch') {
    const what = MISMATCHES.find((each) => each === rest[0])
    if (what === undefined) throw unexpected('redeem', rest[0])
    return { kind, what }
  }
  const plain = PLAIN_REFUSALS.find((each) => each === kind)
  if (plain === undefined) throw unexpected('redeem', kind)
  return { kind: plain }
}

/** What RENEW answered, and whether the permissions became fewer. */
export function renewOutcome(reply: readonly string[]): {
  readonly outcome: RenewOutcome
  readonly narrowed: boolean
} {
  const [kind, ...rest] = reply
  if (kind === 'renewed') {
    const [at = '', deadline = '', narrowed, permissions = ''] = rest
    return {
      outcome: {
        kind,
        at: Number(at),
        remainingMs: Number(deadline) - Number(at),
        permissions: fromWords(permissions),
      },
      narrowed: narrowed === '1',
    }
  }
  if (kind === 'unknown' || kind === 'over' || kind === 'expired')
    return { outcome: { kind }, narrowed: false }
  const overtaken = overtakenOutcome(reply)
  if (overtaken === undefined) throw unexpected('renew', kind)
  return { outcome: overtaken, narrowed: false }
}

/** What CHECK_SESSIONS answered about one session. */
export function sessionCheck(ref: string, reply: readonly string[]): SessionCheck {
  const [kind, first = '', permissions = ''] = reply
  if (kind === 'live') return { ref, kind, remainingMs: Number(first), permissions: fromWords(permissions) }
  if (kind === 'over') return { ref, kind, code: endCode(first) }
  return { ref, kind: 'gone' }
}

/** A logout that has overtaken a credential; `undefined` if that is not what was answered. */
export function overtakenOutcome(reply: readonly string[]): OvertakenCredential | undefined {
  const [kind, retryAfterMs] = reply
  if (kind === 'revoked') return { kind }
  if (kind === 'too_soon') return { kind, retryAfterMs: Number(retryAfterMs) }
  return undefined
}

/** Reads a state. */
export function isTicketState(word: string | undefined): word is TicketState {
  return STATES.includes(word)
}

function endCode(word: string): SessionEndCode {
  return word === 'session_closed' ? word : 'session_revoked'
}

function unexpected(script: string, what: string | undefined): TypeError {
  return new TypeError(`the script ${script} answered ${JSON.stringify(what)}, which is no outcome`)
}
