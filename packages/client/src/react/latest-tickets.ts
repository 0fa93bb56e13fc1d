import type { TicketRouteOptions, TicketSocketOptions } from '../index.js'

type Tickets = TicketSocketOptions['tickets']

/**
 * Makes options whose callback is the one that is written now, and not the one of the render in which the socket was opened:
 * that may know a user's token of an hour ago. A source is left as it is; it has a memory, and is not made anew at each render.
 */
export function latestTickets(tickets: Tickets, now: () => Tickets): Tickets {
  // What is wrong with anything else, TicketSocket says.
  if (typeof tickets !== 'object' || 'grant' in tickets) return tickets
  if ('take' in tickets) {
    const take = (): string | Promise<string> => {
      const latest = now()
      return ('take' in latest ? latest : tickets).take()
    }
    return { take }
  }
  const credential: TicketRouteOptions['credential'] = (request) => {
    const latest = now()
    return (isRoute(latest) ? latest : tickets).credential(request)
  }
  return typeof tickets.credential === 'function' ? { ...tickets, credential } : tickets
}

function isRoute(tickets: Tickets): tickets is TicketRouteOptions {
  return 'credential' in tickets && !('grant' in tickets)
}
