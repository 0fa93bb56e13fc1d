/** Time, as an option: tests and other schedulers bring their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls back once after so many milliseconds, under 2³¹; what it returns cancels the call. */
  after(milliseconds: number, callback: () => void): () => void
}

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** The part of a WebSocket that is used; the browser's has it, and so has the one of `ws`. */
export interface SocketLike {
  binaryType: string
  readonly readyState: number
  readonly protocol: string
  readonly extensions: string
  readonly bufferedAmount: number
  send(data: string | ArrayBufferLike | ArrayBufferView | Blob): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(
    type: 'close',
    listener: (event: { readonly code: number; readonly reason: string; readonly wasClean: boolean }) => void,
  ): void
  addEventListener(type: 'error', listener: () => void): void
}

/** A constructor of WebSockets. */
export type SocketConstructor = new (url: string, protocols: string[]) => SocketLike

/** Looks the runtime's own clock up, unless one is given. */
export function clockOr(given: Clock | undefined): Clock {
  return (
    given ?? {
      now: () => Date.now(),
      after(milliseconds, callback) {
        const timer = setTimeout(callback, milliseconds)
        return () => clearTimeout(timer)
      },
    }
  )
}

/** Looks the runtime's own `fetch` up, unless one is given. */
export function fetchOr(given: Fetch | undefined): Fetch {
  const found = given ?? required('fetch')
  // Called without a receiver: browsers refuse `fetch` as a method of anything but the global object.
  return (url, init) => found(url, init)
}

/** Looks a part of the runtime up. */
export function required<Name extends 'fetch' | 'WebSocket'>(name: Name): (typeof globalThis)[Name] {
  const found = globalThis[name]
  if (found) return found
  throw new TypeError(`wsticket: no ${name} here; pass one`)
}
