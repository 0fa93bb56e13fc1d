import { tally } from '../../e2e/client/tally.js'
import type { Outcome, Run } from './run.js'

/** What is counted of one library. */
export interface Measures {
  readonly library: string
  /** Times in milliseconds, ascending: from the moment in which the server listened again, for each client and restart. */
  readonly recoveries: readonly number[]
  /** The same from the moment in which the server was ended. */
  readonly outages: readonly number[]
  readonly tickets: number
  readonly ticketsFailed: number
  readonly dials: number
  readonly dialsFailed: number
  /** Tickets that the server did not take. */
  readonly refused: number
  readonly sent: number
  readonly received: number
  readonly acknowledged: number
  readonly lostOfOutbox: number
  readonly lostOfSocket: number
  readonly lostInNetwork: number
  readonly doubled: number
  readonly asAnother: number
  /** Restarts after which not all were back within a minute. */
  readonly missed: number
  /** Ends for good, `send()` that threw, and what nobody caught. */
  readonly errorsShown: number
  readonly errorEvents: number
}

/** Counts what a run has seen, for each library. */
export function measure(run: Run): readonly Measures[] {
  return run.outcomes.map((outcome) => measuresOf(outcome, run))
}

function measuresOf({ library, records, missed, problems }: Outcome, { restarts, journal }: Run): Measures {
  const tallies = records.map((record) => tally(record, journal))
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)
  const users = new Set(records.map(({ user }) => user))
  const refs = new Set(
    journal
      .filter(({ type, subject }) => type === 'ticket.issued' && users.has(subject ?? ''))
      .map(({ ref }) => ref),
  )
  const fired = records.flatMap((record) => record.fired)
  const returns = records.flatMap((record) =>
    restarts.flatMap(({ endedAt, backAt }, index) => {
      const next = restarts[index + 1]?.endedAt ?? Number.POSITIVE_INFINITY
      const open = record.fired.find(({ type, at }) => type === 'open' && at >= backAt && at < next)
      return open === undefined ? [] : [{ recovery: open.at - backAt, outage: open.at - endedAt }]
    }),
  )
  const ascending = (one: number, other: number): number => one - other
  return {
    library,
    recoveries: returns.map(({ recovery }) => recovery).sort(ascending),
    outages: returns.map(({ outage }) => outage).sort(ascending),
    tickets: sum(records.map(({ dials }) => dials.tickets)),
    ticketsFailed: sum(records.map(({ dials }) => dials.ticketsFailed)),
    dials: sum(records.map(({ dials }) => dials.sockets)),
    dialsFailed: sum(records.map(({ dials }) => dials.socketsFailed)),
    refused: journal.filter(({ type, ref }) => type === 'redeem.refused' && refs.has(ref)).length,
    sent: sum(tallies.map(({ sent }) => sent)),
    received: sum(tallies.map(({ received }) => received)),
    acknowledged: sum(tallies.map(({ acknowledged }) => acknowledged)),
    lostOfOutbox: sum(tallies.map(({ lostOfOutbox }) => lostOfOutbox.length)),
    lostOfSocket: sum(tallies.map(({ lostOfSocket }) => lostOfSocket.length)),
    lostInNetwork: sum(tallies.map(({ lostInNetwork }) => lostInNetwork.length)),
    doubled: sum(tallies.map(({ doubled }) => doubled.length)),
    asAnother: sum(tallies.map(({ asAnother }) => asAnother.length)),
    missed,
    errorsShown:
      problems.length + fired.filter(({ type, to }) => type === 'threw' || to === 'stopped').length,
    errorEvents: fired.filter(({ type }) => type === 'error').length,
  }
}
