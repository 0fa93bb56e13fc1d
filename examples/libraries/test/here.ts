import { type TicketSource, ticketSource } from '@wsticket/client'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { OpenLine } from '../src/demo/line.js'
import type { LibraryUnderTest } from './library-cases.js'

/** Connects by a library in this process. */
export function here(open: OpenLine): LibraryUnderTest['open'] {
  return async ({ demo: { http, ws }, credential, paceMs }) => {
    let reason: string | undefined
    const line = open({
      http,
      ws,
      tickets: ticketsAt(http, credential),
      WebSocket,
      paceMs,
      onStopped: (code) => {
        reason = code
      },
    })
    onTestFinished(() => line.close())
    return { ask: line.ask, protocol: async () => line.protocol, stoppedBy: async () => reason }
  }
}

/** Tickets of a demo server. */
export function ticketsAt(http: string, credential = 'demo.ada.home', audience?: string): TicketSource {
  return ticketSource({ url: `${http}/api/websocket/ticket`, credential: () => credential, audience })
}
