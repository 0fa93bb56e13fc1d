import type { JSX } from 'react'
import { useNow } from '../ui/use-now.js'
import type { Stub } from './stub.js'
import { type Printed, TicketPaper } from './ticket-paper.js'
import { pathwayWords, timeOfDay } from './words.js'

/** The ticket of this connection, as it is now. */
export function LiveTicket({ stub }: { stub: Stub }): JSX.Element {
  const now = useNow(250, stub.phase === 'whole')
  return (
    <div className="live-ticket" role="img" aria-label={spoken(stub)}>
      {/* A new ticket is a new piece of paper: it comes in, and is torn, anew. */}
      <TicketPaper key={'ref' in stub ? stub.ref : stub.phase} stub={stub} printed={printed(stub, now)} />
    </div>
  )
}

function printed(stub: Stub, now: number): Printed {
  const title = 'Admit one'
  switch (stub.phase) {
    case 'blank':
      return { title, refText: 'printing …', ringText: '…', ringLabel: 'to live', ringLeft: 0 }
    case 'absent':
      return { title, refText: 'nobody asks for it', ringText: '–', ringLabel: 'no ticket', ringLeft: 0 }
    case 'whole': {
      const left = Math.max(0, stub.expiresAt - now)
      return {
        title,
        refText: stub.ref,
        ringText: String(Math.ceil(left / 1000)),
        ringLabel: 'seconds',
        ringLeft: left / Math.max(1, stub.expiresAt - stub.fetchedAt),
      }
    }
    case 'torn':
      return {
        title,
        refText: stub.ref,
        ringText: '✓',
        ringLabel: 'used',
        ringBefore: String(Math.ceil((stub.expiresAt - stub.fetchedAt) / 1000)),
        ringLeft: 0,
        stamp: { text: 'Redeemed', detail: timeOfDay(stub.redeemedAt) },
      }
    case 'refused':
      return {
        title,
        refText: stub.ref,
        ringText: '–',
        ringLabel: 'not used',
        ringLeft: 0,
        stamp: { text: 'Not admitted', detail: stub.code },
      }
    case 'void':
      return {
        title,
        refText: stub.ref,
        ringText: '✕',
        ringLabel: 'over',
        ringLeft: 0,
        stamp: { text: 'Void', detail: stub.code },
      }
  }
}

function spoken(stub: Stub): string {
  switch (stub.phase) {
    case 'blank':
      return 'No ticket yet'
    case 'absent':
      return `No ticket: what is presented is ${pathwayWords(stub.instead)}`
    case 'whole':
      return `Ticket ${stub.ref}, whole, not used yet`
    case 'torn':
      return `Ticket ${stub.ref}, redeemed and torn at ${timeOfDay(stub.redeemedAt)}`
    case 'refused':
      return `Ticket ${stub.ref}, not admitted: ${stub.code}`
    case 'void':
      return `Ticket ${stub.ref}, void: ${stub.code}`
  }
}
