import { isRefusalCode, type RefusalCode } from '@wsticket/protocol'
import type { Cause } from '../core/connection-types.js'
import { type Clock, clockOr, type Fetch, fetchOr } from '../core/environment.js'
import { asTicketError, type TicketErrorCode } from '../core/ticket-error.js'
import type { Diagnose } from '../diagnose.js'

// Longer, and nobody would call the server reachable; waits are rarely longer either.
const PROBE_TIMEOUT_MS = 5000

/** What a server says of itself, or of the login, when it is asked about a ticket; anything else tells nothing. */
const TELLING: readonly TicketErrorCode[] = [
  'store_unavailable',
  'identity_unavailable',
  'upstream_unreachable',
  'draining',
  'credential_revoked',
]

const BLOCKED =
  'HTTP reaches the server and the upgrade does not: a proxy, a firewall, a browser extension or a Content-Security-Policy (connect-src) stops it, or its address is wrong'
const MIXED = 'a page that came over https may open no WebSocket but wss'
const BETWEEN =
  'something in front of the server answers in its place: a proxy, a firewall, a network that wants a sign-in'
const CUT = 'the upgrade was admitted, but the answer did not come back: a proxy may pass no upgrades on'
const NOT_HERE =
  'the host of the WebSocket answers, but the ticket route does not, or not to this page: check its address and the origins (CORS)'
const SILENT =
  'the host of the WebSocket does not answer: it is down, or DNS, TLS, a VPN or a firewall is in the way'

/** How a diagnosis looks around. */
export interface DiagnosisOptions {
  /** Says `false` if there is certainly no network. @default navigator.onLine */
  readonly online?: (() => boolean) | undefined
  /** @default the runtime's */
  readonly fetch?: Fetch | undefined
  /** @default the runtime's */
  readonly clock?: Clock | undefined
}

/**
 * Gives a function that finds out over HTTP why a handshake ended in a bare 1006: whether there is a network, whether the server
 * answers, and what became of the attempt's own ticket. `cause.detail` then says what to look at, for programmers.
 *
 * @example
 * const socket = new TicketSocket(url, { tickets, diagnose: diagnosis() })
 * socket.addEventListener('statechange', ({ cause }) => banner(explain(cause)))
 */
export function diagnosis(options: DiagnosisOptions = {}): Diagnose {
  const fetch = fetchOr(options.fetch)
  const clock = clockOr(options.clock)
  const online = options.online ?? (() => globalThis.navigator?.onLine !== false)
  return async (facts) => {
    if (!online()) return { code: 'offline' }
    const probe = new AbortController()
    const stop = (): void => probe.abort()
    facts.signal.addEventListener('abort', stop, { once: true })
    let cancel = (): void => {}
    const late = new Promise<Cause>((resolve) => {
      cancel = clock.after(PROBE_TIMEOUT_MS, () => resolve({ code: 'network_unreachable', detail: SILENT }))
    })
    try {
      return await Promise.race([examine({ ...facts, signal: probe.signal }, fetch), late])
    } finally {
      cancel()
      facts.signal.removeEventListener('abort', stop)
      stop()
    }
  }
}

type Facts = Parameters<Diagnose>[0]

async function examine(facts: Facts, fetch: Fetch): Promise<Cause | undefined> {
  const { url, ref, cause, tickets } = facts
  // What failed before there was a ticket says nothing about the one that came last.
  const presented = cause.code === 'connection_failed'
  try {
    if (presented && ref !== undefined && tickets.call) return await examineTicket(facts, ref)
    if (!tickets.pathways) return (await answers(facts, fetch)) ? undefined : unreachable(SILENT)
    await tickets.pathways({ signal: facts.signal })
    return presented ? blocked(url) : undefined
  } catch (thrown) {
    const { code, retryAfterSeconds, detail } = asTicketError(thrown)
    if (code === 'network_unreachable') return unreachable((await answers(facts, fetch)) ? NOT_HERE : SILENT)
    if (code === 'response_invalid') return { code: 'websocket_blocked', detail: BETWEEN }
    return TELLING.includes(code) ? { code, retryAfterSeconds, detail } : undefined
  }
}

async function examineTicket({ url, tickets, signal }: Facts, ref: string): Promise<Cause | undefined> {
  const path = `/api/websocket/ticket/${encodeURIComponent(ref)}/validate`
  const ask = (refresh: boolean): Promise<unknown> | undefined =>
    tickets.call?.('GET', path, { refresh, signal })
  let body: unknown
  try {
    body = await ask(false)
  } catch (thrown) {
    if (asTicketError(thrown).code !== 'credential_invalid') throw thrown
    try {
      body = await ask(true)
    } catch (again) {
      // A server that has just given a ticket for it would take a fresh one.
      if (asTicketError(again).code === 'credential_invalid')
        return { code: 'websocket_blocked', detail: BETWEEN }
      throw again
    }
  }
  if (!isValidity(body)) return { code: 'websocket_blocked', detail: BETWEEN }
  if (body.valid) return blocked(url)
  if (!isRefusalCode(body.code)) return undefined
  return { code: body.code, ...(body.code === ADMITTED && { detail: CUT }) }
}

// A used ticket whose user was told nothing.
const ADMITTED: RefusalCode = 'ticket_used'

function isValidity(body: unknown): body is { readonly valid: boolean; readonly code?: unknown } {
  return body instanceof Object && 'valid' in body && typeof body.valid === 'boolean'
}

function blocked(url: string): Cause {
  const mixed = url.startsWith('ws:') && globalThis.location?.protocol === 'https:'
  return { code: 'websocket_blocked', detail: mixed ? MIXED : BLOCKED }
}

function unreachable(detail: string): Cause {
  return { code: 'network_unreachable', detail }
}

/** Tells whether the host of the WebSocket answers anything at all; without CORS, the page may not read what. */
async function answers({ url, signal }: Facts, fetch: Fetch): Promise<boolean> {
  try {
    await fetch(new URL(url).origin.replace(/^ws/, 'http'), {
      mode: 'no-cors',
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal,
    })
    return true
  } catch {
    return false
  }
}
