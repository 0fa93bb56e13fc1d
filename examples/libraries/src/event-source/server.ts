import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Session, Wsticket } from '@wsticket/server'

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
  return async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://any.example')
    if (pathname !== path) return false
    const { origin } = request.headers
    const refuse = (code: string, retryAfterSeconds?: number): true => {
      // Whatever is not 200 ends an EventSource for good.
      const status = retryAfterSeconds === undefined ? 403 : 503
      response.writeHead(status, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
      response.end(JSON.stringify({ status, code, retry_after: retryAfterSeconds }))
      return true
    }
    if (origin !== undefined && !origins.includes(origin)) return refuse('origin_refused')
    const admission = await wsticket.redeem(searchParams.get('ticket') ?? '', {
      audience: path,
      carrier: 'query',
      origin,
      address: request.socket.remoteAddress,
    })
    if (!admission.ok) return refuse(admission.refusal.code, admission.refusal.retryAfterSeconds)

    const hold = admission.hold({
      close: (_code, reason) => {
        response.end(`event: wsticket-end\ndata: ${JSON.stringify({ code: reason.split(';', 1)[0] })}\n\n`)
      },
      terminate: () => response.destroy(),
      // A client cannot answer: that its network takes the comment has to do.
      ping: () => response.write(':\n\n', () => hold.heard()),
    })
    response.once('close', () => hold.ended())
    response.on('error', () => {})
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      ...(origin === undefined ? {} : { 'access-control-allow-origin': origin, vary: 'Origin' }),
    })
    response.write(':\n\n')
    handler(
      {
        lastEventId: searchParams.get('last_event_id') ?? '',
        send: (value, id) => {
          hold.active()
          response.write(`id: ${id}\ndata: ${JSON.stringify(value)}\n\n`)
        },
      },
      admission.session,
    )
    return true
  }
}
