import type { Measures } from './measures.js'

const LABEL_WIDTH = 46
const COLUMN_WIDTH = 24

/** Lays the measures out as a table, one library beside the other. */
export function tableOf(measures: readonly Measures[]): readonly string[] {
  const rows: readonly (readonly [label: string, value: (of: Measures) => string])[] = [
    ['', ({ library }) => library],
    ['back after the server was: p50', ({ recoveries }) => at(recoveries, 0.5)],
    ['  p99', ({ recoveries }) => at(recoveries, 0.99)],
    ['  worst', ({ recoveries }) => at(recoveries, 1)],
    ['without a connection: p50', ({ outages }) => at(outages, 0.5)],
    ['  p99', ({ outages }) => at(outages, 0.99)],
    ['restarts after which not all came back', ({ missed }) => String(missed)],
    ['tickets asked for', ({ tickets }) => String(tickets)],
    ['  in vain: nobody there', ({ ticketsFailed }) => String(ticketsFailed)],
    ['sockets dialed', ({ dials }) => String(dials)],
    ['  in vain: nobody there, or refused', ({ dialsFailed }) => String(dialsFailed)],
    ['tickets that the server refused', ({ refused }) => String(refused)],
    ['messages sent', ({ sent }) => String(sent)],
    ['  received', ({ received }) => String(received)],
    ['  acknowledged to the client', ({ acknowledged }) => String(acknowledged)],
    ['  lost by the client: of its outbox', ({ lostOfOutbox }) => String(lostOfOutbox)],
    ['  lost by the client: sent while open', ({ lostOfSocket }) => String(lostOfSocket)],
    ['  lost with a connection that had taken them', ({ lostInNetwork }) => String(lostInNetwork)],
    ['  received twice', ({ doubled }) => String(doubled)],
    ['  received as another user', ({ asAnother }) => String(asAnother)],
    ['ends for good, send() that threw, uncaught', ({ errorsShown }) => String(errorsShown)],
    ['events `error`', ({ errorEvents }) => String(errorEvents)],
  ]
  return rows.map(
    ([label, value]) =>
      label.padEnd(LABEL_WIDTH) + measures.map((each) => value(each).padStart(COLUMN_WIDTH)).join(''),
  )
}

function at(sorted: readonly number[], share: number): string {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
  return value === undefined ? '-' : `${(value / 1000).toFixed(2)} s`
}
