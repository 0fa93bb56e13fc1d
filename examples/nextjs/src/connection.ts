import { ticketSource } from '@wsticket/client'
import { withFallback } from '@wsticket/client/fallback'
import { Auth } from './auth'
import { readSettings } from './settings'

/** Each variable is written out in full: a bundler inlines the literal text `process.env.NEXT_PUBLIC_…` and nothing else. */
export const settings = readSettings({
  NEXT_PUBLIC_ENABLE_TICKET_AUTH: process.env.NEXT_PUBLIC_ENABLE_TICKET_AUTH,
  NEXT_PUBLIC_ENABLE_WEBSOCKET_TICKETS: process.env.NEXT_PUBLIC_ENABLE_WEBSOCKET_TICKETS,
  NEXT_PUBLIC_BACKEND_HTTP_URL: process.env.NEXT_PUBLIC_BACKEND_HTTP_URL,
  NEXT_PUBLIC_BACKEND_WS_URL: process.env.NEXT_PUBLIC_BACKEND_WS_URL,
})

export const auth = new Auth(settings.backend)

/**
 * Tickets first. If they fail again and again, or the flag is off, whatever else the server allows: the JWT as a subprotocol,
 * for a while. Most servers allow nothing else, and then nothing else is tried.
 */
export const tickets = withFallback(ticketSource({ url: settings.ticketUrl, credential: auth.credential }), {
  useTicketAuth: settings.useTicketAuth,
})
