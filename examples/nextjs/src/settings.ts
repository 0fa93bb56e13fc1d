import { ticketAuthEnabled } from '@wsticket/client/react'

/** Where the backend is, and whether tickets are used. */
export interface Settings {
  readonly useTicketAuth: boolean
  /** Without a slash at its end. */
  readonly backend: string
  readonly ticketUrl: string
  readonly socketUrl: string
}

/** The variables as a bundler has inlined them; what is not set is empty or absent. */
export interface Variables {
  readonly NEXT_PUBLIC_ENABLE_TICKET_AUTH?: string | undefined
  readonly NEXT_PUBLIC_ENABLE_WEBSOCKET_TICKETS?: string | undefined
  readonly NEXT_PUBLIC_BACKEND_HTTP_URL?: string | undefined
  readonly NEXT_PUBLIC_BACKEND_WS_URL?: string | undefined
}

/** The chat of this repository, as `npm start` serves it. */
const LOCAL_BACKEND = 'http://localhost:8080'

/** Reads them once, at the start: a page that dials a wrong address looks like a server that is down. */
export function readSettings(variables: Variables): Settings {
  const backend = address('NEXT_PUBLIC_BACKEND_HTTP_URL', variables, LOCAL_BACKEND, 'http').replace(/\/$/, '')
  const dialed = `${backend.replace(/^http/, 'ws')}/ws`
  return {
    useTicketAuth: ticketAuthEnabled(
      variables.NEXT_PUBLIC_ENABLE_TICKET_AUTH,
      variables.NEXT_PUBLIC_ENABLE_WEBSOCKET_TICKETS,
    ),
    backend,
    ticketUrl: `${backend}/api/websocket/ticket`,
    socketUrl: address('NEXT_PUBLIC_BACKEND_WS_URL', variables, dialed, 'ws'),
  }
}

function address(name: keyof Variables, variables: Variables, fallback: string, scheme: string): string {
  const text = variables[name]?.trim() || fallback
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && [`${scheme}:`, `${scheme}s:`].includes(url.protocol) && url.username + url.password === '')
    return text
  throw new TypeError(
    `${name} must be an address that begins with ${scheme}:// or ${scheme}s://, without a user. Example: ${fallback}`,
  )
}
