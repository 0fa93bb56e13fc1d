import type { ConnectionCloseEvent, StateChangeEvent } from './events.js'

/** The events of a `TicketSocket`. */
export interface TicketSocketEventMap {
  readonly open: Event
  readonly message: MessageEvent
  readonly close: ConnectionCloseEvent
  readonly error: Event
  readonly statechange: StateChangeEvent
}

type Name = keyof TicketSocketEventMap
type Handler<Type extends Name> = ((event: TicketSocketEventMap[Type]) => void) | null

/** A listener, in either of the forms that an `EventTarget` takes. */
export type SocketListener<Type extends Name> =
  | ((event: TicketSocketEventMap[Type]) => void)
  | { handleEvent(event: TicketSocketEventMap[Type]): void }

/** Typed events, as listeners and as `on…` handlers; one event is told to everybody before the next begins. */
export abstract class SocketEvents extends EventTarget {
  readonly #queue: Event[] = []
  #firing = false
  #onopen: Handler<'open'> = null
  #onmessage: Handler<'message'> = null
  #onclose: Handler<'close'> = null
  #onerror: Handler<'error'> = null
  #onstatechange: Handler<'statechange'> = null

  get onopen(): Handler<'open'> {
    return this.#onopen
  }

  set onopen(handler: Handler<'open'>) {
    this.#onopen = this.#exchange('open', this.#onopen, handler)
  }

  get onmessage(): Handler<'message'> {
    return this.#onmessage
  }

  set onmessage(handler: Handler<'message'>) {
    this.#onmessage = this.#exchange('message', this.#onmessage, handler)
  }

  get onclose(): Handler<'close'> {
    return this.#onclose
  }

  set onclose(handler: Handler<'close'>) {
    this.#onclose = this.#exchange('close', this.#onclose, handler)
  }

  get onerror(): Handler<'error'> {
    return this.#onerror
  }

  set onerror(handler: Handler<'error'>) {
    this.#onerror = this.#exchange('error', this.#onerror, handler)
  }

  get onstatechange(): Handler<'statechange'> {
    return this.#onstatechange
  }

  set onstatechange(handler: Handler<'statechange'>) {
    this.#onstatechange = this.#exchange('statechange', this.#onstatechange, handler)
  }

  override addEventListener<Type extends Name>(
    type: Type,
    listener: SocketListener<Type> | null,
    options?: boolean | AddEventListenerOptions,
  ): void
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener, options)
  }

  override removeEventListener<Type extends Name>(
    type: Type,
    listener: SocketListener<Type> | null,
    options?: boolean | EventListenerOptions,
  ): void
  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void
  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void {
    super.removeEventListener(type, listener, options)
  }

  /** Tells events after those before them, also where a listener of one of those causes them. */
  protected fire(...events: readonly Event[]): void {
    this.#queue.push(...events)
    if (this.#firing) return
    this.#firing = true
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.dispatchEvent(next)
    }
    this.#firing = false
  }

  // One handler of each type, beside any number of listeners; none is called twice for one event.
  #exchange<Type extends Name>(type: Type, before: Handler<Type>, after: Handler<Type>): Handler<Type> {
    this.removeEventListener(type, before)
    if (typeof after !== 'function') return null
    this.addEventListener(type, after)
    return after
  }
}
