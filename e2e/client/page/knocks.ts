import type { Dials } from '../records.js'

/** `fetch` and `WebSocket` of the browser, with a count of how often they are used. */
export interface Knocks {
  readonly dials: Dials
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly WebSocket: typeof WebSocket
}

/** Counts the requests and dials of one client. */
export function countKnocks(): Knocks {
  const dials: Dials = { tickets: 0, ticketsFailed: 0, sockets: 0, socketsFailed: 0 }
  return {
    dials,
    fetch: async (url, init) => {
      const isTicket = url.endsWith('/ticket')
      if (isTicket) dials.tickets += 1
      let given = false
      try {
        const answer = await fetch(url, init)
        given = answer.ok
        return answer
      } finally {
        if (isTicket && !given) dials.ticketsFailed += 1
      }
    },
    WebSocket: class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols)
        dials.sockets += 1
        let opened = false
        this.addEventListener('open', () => {
          // Opened only to be told a refusal is not opened.
          opened = this.protocol !== 'wsticket.refused'
        })
        this.addEventListener('close', () => {
          if (!opened) dials.socketsFailed += 1
        })
      }
    },
  }
}
