import type { HistoryCall } from '../../../test/ticket-history/history.js'
import { type ManualClock, settled } from '../src/conformance/index.js'
import { holder, ISSUE, LONG_MS, REDEEM, record } from '../src/conformance/store/given.js'
import type { IssueOutcome, RedeemOutcome, RevokeTarget, TicketStore } from '../src/stores/store.js'

// Time stands still while operations run, but their beginnings and ends have an order: so many of them are told apart
// within one millisecond.
const POSITIONS = 1024

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

/** Runs a program against a store and writes down what happens. */
export async function recordHistory(
  store: TicketStore,
  clock: ManualClock,
  rounds: readonly Round[],
): Promise<HistoryCall[]> {
  const calls: HistoryCall[] = []
  const refs: string[] = []
  let position = 0
  // By the clock of the experiment and not by the store's own word.
  const moment = (): number => {
    position += 1
    return clock.now() + position / POSITIONS
  }
  const during = async <T>(work: Promise<T>) => {
    const began = moment()
    const outcome = await work
    return { at: { process: 'the only one', began, ended: moment() }, outcome }
  }
  // A name that no ticket has got is one that was never issued.
  const refOf = (ticket: number): string => refs[ticket] ?? `00${String(ticket).padStart(22, '0')}`

  const carryOut = async (operation: Operation): Promise<void> => {
    if (operation.name === 'issue') {
      const { name, singleUse, ttlMs, subject, login } = operation
      const kept = record({ holder: holder(subject, { login }), singleUse, ttlMs })
      const { ref } = kept
      refs.push(ref)
      const { at, outcome } = await during(store.issue(kept, ISSUE))
      calls.push({ ...at, name, ref, singleUse, subject, login, outcome: issueSeen(outcome) })
    } else if (operation.name === 'redeem') {
      const { name } = operation
      const ref = refOf(operation.ticket)
      const attempt = `${ref}/${operation.attempt}`
      const by = { id: attempt, node: 'node-a', shown: {} }
      const { at, outcome } = await during(store.redeem(ref, by, REDEEM))
      calls.push({ ...at, name, ref, attempt, at: 'store', outcome: redeemSeen(outcome) })
    } else {
      const { name } = operation
      const target = targetOf(operation, refOf)
      const { at, outcome } = await during(store.revoke(target))
      calls.push({ ...at, name, target, outcome })
    }
  }

  for (const { operations, thenMs } of rounds) {
    await Promise.all(operations.map(carryOut))
    await settled()
    clock.advance(thenMs)
  }
  return calls
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

function issueSeen(outcome: IssueOutcome): Extract<HistoryCall, { name: 'issue' }>['outcome'] {
  return outcome.kind === 'issued'
    ? { kind: 'issued', remainingMs: outcome.remainingMs }
    : { kind: 'refused', code: outcome.kind }
}

function redeemSeen({ kind }: RedeemOutcome): Extract<HistoryCall, { name: 'redeem' }>['outcome'] {
  return kind === 'admitted' ? { kind } : { kind: 'refused', code: kind }
}
