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

const TYPES: readonly Name[] = ['open', 'message', 'close', 'error', 'statechange']

/** An `EventTarget` that knows the events' types. */
interface TypedTarget extends Omit<EventTarget, 'addEventListener' | 'removeEventListener'> {
  addEventListener<Type extends Name>(
    type: Type,
    listener: SocketListener<Type> | null,
    options?: boolean | AddEventListenerOptions,
  ): void
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void
  removeEventListener<Type extends Name>(
    type: Type,
    listener: SocketListener<Type> | null,
    options?: boolean | EventListenerOptions,
  ): void
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void
}

// The types of what is inherited, at no cost to pages.
const Target: new () => TypedTarget = EventTarget

/** Typed events, as listeners and as `on…` handlers; one event is told to everybody before the next begins. */
export abstract class SocketEvents extends Target {
  declare onopen: Handler<'open'>
  declare onmessage: Handler<'message'>
  declare onclose: Handler<'close'>
  declare onerror: Handler<'error'>
  declare onstatechange: Handler<'statechange'>
  /** What is still to be told, in order. */
  protected readonly events: Event[] = []
  #firing = false

  constructor() {
    super()
    for (const type of TYPES) {
      let handler: EventListener | null = null
      Object.defineProperty(this, `on${type}`, {
        enumerable: true,
        get: () => handler,
        // One handler of each type, beside any number of listeners; none is called twice for one event.
        set: (given: unknown) => {
          if (handler) this.removeEventListener(type, handler)
          handler = isHandler(given) ? given : null
          if (handler) this.addEventListener(type, handler)
        },
      })
    }
  }

  /** Tells events, after those that wait already, also where a listener of one of those before causes them. */
  protected fire(...more: readonly Event[]): void {
    this.events.push(...more)
    if (this.#firing) return
    this.#firing = true
    for (let next = this.events.shift(); next; next = this.events.shift()) this.dispatchEvent(next)
    this.#firing = false
  }
}

function isHandler(given: unknown): given is EventListener {
  return typeof given === 'function'
}
