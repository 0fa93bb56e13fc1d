import { type ManualClock, settled } from '../src/conformance/index.js'
import { holder, ISSUE, LONG_MS, REDEEM, record } from '../src/conformance/store/given.js'
import type {
  IssueOutcome,
  RedeemOutcome,
  RevokeOutcome,
  RevokeTarget,
  TicketStore,
} from '../src/stores/store.js'

/** One operation of a program. Tickets are named by the order in which their issue stands in the program. */
export type Operation =
  | {
      readonly name: 'issue'
      readonly singleUse: boolean
      readonly ttlMs: number
      readonly subject: string
      readonly login: string
    }
  | { readonly name: 'redeem'; readonly ticket: number; readonly attempt: number }
  | { readonly name: 'revoke'; readonly kind: 'ticket' | 'session'; readonly ticket: number }
  | {
      readonly name: 'revoke'
      readonly kind: 'login' | 'subject'
      readonly subject: string
      readonly login: string
    }

/** Operations that run at the same time, and how long it takes until the next ones. */
export interface Round {
  readonly operations: readonly Operation[]
  readonly thenMs: number
}

interface Done {
  /** Positions in the one order of all beginnings and ends. */
  readonly began: number
  readonly ended: number
  /** The time, by the clock of the experiment and not by the store's own word. */
  readonly time: number
}

type Issued = Done & {
  readonly ref: string
  readonly operation: Extract<Operation, { name: 'issue' }>
  readonly outcome: IssueOutcome
}
type Redeemed = Done & { readonly ref: string; readonly attempt: string; readonly outcome: RedeemOutcome }
type Revoked = Done & { readonly target: RevokeTarget; readonly outcome: RevokeOutcome }

/** What was done, and what came of it. */
export interface History {
  readonly issues: readonly Issued[]
  readonly redeems: readonly Redeemed[]
  readonly revokes: readonly Revoked[]
}

/** Runs a program against a store and writes down what happens. */
export async function recordHistory(
  store: TicketStore,
  clock: ManualClock,
  rounds: readonly Round[],
): Promise<History> {
  const issues: Issued[] = []
  const redeems: Redeemed[] = []
  const revokes: Revoked[] = []
  const refs: string[] = []
  let position = 0
  const note = async <T>(work: Promise<T>): Promise<Done & { readonly outcome: T }> => {
    position += 1
    const began = position
    const time = clock.now()
    const outcome = await work
    position += 1
    return { began, ended: position, time, outcome }
  }
  // A name that no ticket has got is one that was never issued.
  const refOf = (ticket: number): string => refs[ticket] ?? `00${String(ticket).padStart(22, '0')}`

  const carryOut = async (operation: Operation): Promise<void> => {
    if (operation.name === 'issue') {
      const { singleUse, ttlMs, subject, login } = operation
      const kept = record({ holder: holder(subject, { login }), singleUse, ttlMs })
      refs.push(kept.ref)
      issues.push({ ref: kept.ref, operation, ...(await note(store.issue(kept, ISSUE))) })
    } else if (operation.name === 'redeem') {
      const ref = refOf(operation.ticket)
      const attempt = `${ref}/${operation.attempt}`
      const by = { id: attempt, node: 'node-a', shown: {} }
      redeems.push({ ref, attempt, ...(await note(store.redeem(ref, by, REDEEM))) })
    } else {
      const target = targetOf(operation, refOf)
      revokes.push({ target, ...(await note(store.revoke(target))) })
    }
  }

  for (const { operations, thenMs } of rounds) {
    await Promise.all(operations.map(carryOut))
    await settled()
    clock.advance(thenMs)
  }
  return { issues, redeems, revokes }
}

function targetOf(
  operation: Extract<Operation, { name: 'revoke' }>,
  refOf: (ticket: number) => string,
): RevokeTarget {
  if ('ticket' in operation) {
    const ref = refOf(operation.ticket)
    const { kind } = operation
    return kind === 'ticket' ? { kind, ref } : { kind, ref, code: 'session_closed' }
  }
  const { kind, subject, login } = operation
  return kind === 'login'
    ? { kind, subject, login, rememberMs: LONG_MS }
    : { kind, subject, rememberMs: LONG_MS }
}

/** What a history breaks of the contract, in words; nothing, if the store keeps it. */
export function breaches(history: History): string[] {
  const found: string[] = []
  for (const redeem of history.redeems) {
    const issue = history.issues.find(({ ref }) => ref === redeem.ref)
    if (redeem.outcome.kind !== 'admitted') continue
    if (issue?.outcome.kind !== 'issued' || issue.began > redeem.ended)
      found.push('admitted without an issue')
    else if (revokesOf(history, issue).some(({ ended }) => ended < redeem.began))
      found.push('admitted after a revoke')
    else if (redeem.time >= endOf(issue) && !answeredBefore(history, redeem))
      found.push('admitted after the expiry')
  }
  for (const issue of history.issues) found.push(...breachesOf(history, issue))
  return [...new Set(found)]
}

function breachesOf(history: History, issue: Issued): string[] {
  const { login, singleUse } = issue.operation
  const found: string[] = []
  const logouts = history.revokes.filter(({ target }) => target.kind === 'login' && target.login === login)
  if (issue.outcome.kind !== 'issued') {
    return logouts.some(({ began }) => began < issue.ended) ? [] : ['refused to issue']
  }
  if (logouts.some(({ ended }) => ended < issue.began)) found.push('issued after a logout')
  const redeems = history.redeems.filter(({ ref }) => ref === issue.ref)
  const winners = new Set(
    redeems.filter(({ outcome }) => outcome.kind === 'admitted').map(({ attempt }) => attempt),
  )
  if (singleUse && winners.size > 1) found.push('admitted to two attempts')
  const revoked = revokesOf(history, issue, 'perhaps')
  const good = (redeem: Redeemed): boolean => {
    const inTime = redeem.began > issue.ended && redeem.time < endOf(issue)
    return inTime && revoked.every(({ began }) => began > redeem.ended)
  }
  // Somebody has to win: a store that refuses is safe and useless.
  if (redeems.some(good) && winners.size === 0) found.push('admitted to nobody')
  for (const redeem of redeems) {
    const won = answeredBefore(history, redeem)
    const stands = revoked.every(({ began }) => began > redeem.ended)
    if (won && stands && redeem.outcome.kind !== 'admitted') found.push('refused a retry')
  }
  return found
}

/** The revokes that a ticket falls under: those that came after its issue for sure, or perhaps. */
function revokesOf(history: History, issue: Issued, how: 'surely' | 'perhaps' = 'surely'): Revoked[] {
  const { subject, login } = issue.operation
  return history.revokes.filter(({ target, outcome, began, ended }) => {
    if (how === 'surely' && outcome.kind !== 'revoked') return false
    if (how === 'surely' ? began < issue.ended : ended < issue.began) return false
    if ('ref' in target) return target.ref === issue.ref
    return target.subject === subject && (target.kind === 'subject' || target.login === login)
  })
}

/** Whether this very attempt had been admitted before it asked again. */
function answeredBefore(history: History, redeem: Redeemed): boolean {
  return history.redeems.some(
    ({ attempt, outcome, ended }) =>
      attempt === redeem.attempt && outcome.kind === 'admitted' && ended < redeem.began,
  )
}

function endOf({ time, outcome }: Issued): number {
  return outcome.kind === 'issued' ? time + outcome.remainingMs : Number.NEGATIVE_INFINITY
}
