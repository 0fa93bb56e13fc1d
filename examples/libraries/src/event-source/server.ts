import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Session, Wsticket } from '@wsticket/server'
import { earlyRefusal } from '../early-refusal.js'

// A line that clients skip.
const COMMENT = ':\n\n'

/** A stream of events to one client. */
export interface EventStream {
  /** The last event that the client has of a stream before, `''` if none. */
  readonly lastEventId: string
  /** Sends a value as JSON. The client shows the last id again when it comes back. */
  send(value: unknown, id: string): void
}

/**
 * Makes a handler that serves events to requests with a ticket in the query; other paths it leaves alone.
 *
 * The ticket is in the address: see to it that no access log keeps it.
 */
export function eventStream(
  wsticket: Wsticket,
  { path, origins }: { readonly path: string; readonly origins: readonly string[] },
  handler: (stream: EventStream, session: Session) => void,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  const serve = async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const { origin } = request.headers
    const address = request.socket.remoteAddress ?? ''
    // Whatever is not 200 ends an EventSource for good.
    const refuse = (code: string, status = 403): void => {
      response.writeHead(status, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
      response.end(JSON.stringify({ status, code }))
    }
    const ticket = url.searchParams.get('ticket')
    const early = earlyRefusal(wsticket, { ticket, origins, headers: request.headers, address })
    if (early !== undefined) return refuse(early)
    const presented = { audience: path, carrier: 'query', origin, address } as const
    const admission = await wsticket.redeem(ticket ?? '', presented)
    if (!admission.ok) {
      const { code, retryAfterSeconds } = admission.refusal
      return refuse(code, retryAfterSeconds === undefined ? 403 : 503)
    }

    response.on('error', () => {})
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      ...(origin === undefined ? {} : { 'access-control-allow-origin': origin, vary: 'Origin' }),
    })
    response.write(COMMENT)
    const hold = admission.hold({
      close: (_code, reason) => {
        response.end(`event: wsticket-end\ndata: ${JSON.stringify({ code: reason.split(';', 1)[0] })}\n\n`)
      },
      terminate: () => response.destroy(),
      // A client cannot answer: that its network takes the comment has to do.
      ping: () => response.write(COMMENT, (error) => error ?? hold.heard()),
    })
    response.once('close', () => hold.ended())
    if (response.destroyed) hold.ended()
    if (admission.session.signal.aborted) return
    const send: EventStream['send'] = (value, id) => {
      hold.active()
      response.write(`id: ${id}\ndata: ${JSON.stringify(value)}\n\n`)
    }
    handler({ lastEventId: url.searchParams.get('last_event_id') ?? '', send }, admission.session)
  }

  return async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://any.example')
    if (url.pathname !== path) return false
    await serve(request, response, url)
    return true
  }
}
