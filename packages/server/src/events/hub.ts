import type { Clock } from '../clock.js'
import { messageOf } from '../errors.js'
import type { WsticketEventName, WsticketEvents } from './events.js'

type Listener<N extends WsticketEventName> = (event: WsticketEvents[N]) => void
type AnyListener = (name: WsticketEventName, event: WsticketEvents[WsticketEventName]) => void
// What is typed as returning nothing may be an async function all the same.
type KeptListener = (...args: Parameters<AnyListener>) => unknown

/** What listeners see of the hub. */
export interface EventSource {
  /** Calls a listener at each event of a name, in order, synchronously. What it returns ends that. */
  on<N extends WsticketEventName>(name: N, listener: Listener<N>): () => void
  /** Calls a listener at every event. What it returns ends that. */
  onAny(listener: AnyListener): () => void
}

/** Tells listeners what happened. A listener that throws disturbs nobody: it becomes `handler.failed`. */
export class EventHub implements EventSource {
  readonly #clock: Clock
  readonly #listeners = new Map<WsticketEventName, Set<KeptListener>>()
  readonly #all = new Set<KeptListener>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  on<N extends WsticketEventName>(name: N, listener: Listener<N>): () => void {
    // Registered under its own name only, so it is never called with the event of another.
    const kept: KeptListener = (_name, event) => listener(event as WsticketEvents[N])
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    listeners.add(kept)
    return () => {
      listeners.delete(kept)
    }
  }

  onAny(listener: AnyListener): () => void {
    const kept: KeptListener = (name, event) => listener(name, event)
    this.#all.add(kept)
    return () => {
      this.#all.delete(kept)
    }
  }

  emit<N extends WsticketEventName>(name: N, event: Omit<WsticketEvents[N], 'at'>): void {
    const full = { ...event, at: this.#clock.now() } as WsticketEvents[N]
    for (const listener of [...(this.#listeners.get(name) ?? []), ...this.#all]) {
      try {
        const returned = listener(name, full)
        if (returned instanceof Promise) returned.catch((error: unknown) => this.#failed(name, error))
      } catch (error) {
        this.#failed(name, error)
      }
    }
  }

  #failed(name: WsticketEventName, error: unknown): void {
    // A listener of `handler.failed` that fails itself has nobody left to tell.
    if (name === 'handler.failed') return
    this.emit('handler.failed', { where: `listener of ${name}`, message: messageOf(error) })
  }
}
