import type { TicketSource } from '@wsticket/client'
import { Comeback, isFailure } from '../comeback.js'

/**
 * Follows a stream of events, each connection with a ticket of its own. What it returns ends that.
 *
 * An `EventSource` comes back by itself, but to the same address, with a ticket that is used. So it is closed at its first
 * error, and another is made.
 */
export function followEvents(
  url: string | URL,
  tickets: TicketSource,
  {
    onMessage,
    onStopped,
    firstWindowMs,
  }: {
    readonly onMessage: (event: MessageEvent<string>) => void
    readonly onStopped: (code: string) => void
    /** Widest window of the first wait. @default 1000 */
    readonly firstWindowMs?: number | undefined
  },
): () => void {
  let source: EventSource | undefined
  let lastEventId = ''
  let closed = false

  const close = (): void => {
    closed = true
    comeback.cancel()
    source?.close()
  }
  const open = (): void => {
    // The header `Last-Event-ID` is only sent when an EventSource comes back by itself.
    const address = new URL(url)
    if (lastEventId !== '') address.searchParams.set('last_event_id', lastEventId)
    tickets.url(address).then(follow, failed)
  }
  const failed = (why?: unknown): void => {
    source?.close()
    if (!closed) comeback.failed(isFailure(why) ? why : undefined)
  }
  const follow = (address: string): void => {
    if (closed) return
    source = new EventSource(address)
    source.onopen = () => comeback.succeeded()
    source.onmessage = (event: MessageEvent<string>) => {
      lastEventId = event.lastEventId
      onMessage(event)
    }
    // No status, no reason: the next ticket is asked for, and that answer says why.
    source.onerror = () => failed()
    source.addEventListener('wsticket-end', ({ data }: MessageEvent<string>) => failed(JSON.parse(data)))
  }
  const comeback = new Comeback(open, onStopped, firstWindowMs)
  open()
  return close
}
