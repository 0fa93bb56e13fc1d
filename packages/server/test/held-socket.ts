import type { HeldSocket } from '../src/sessions/session.js'

/** What a session did to its socket. */
export interface RecordedSocket extends HeldSocket {
  readonly closes: { readonly code: number; readonly reason: string }[]
  terminated: number
  pings: number
  /** Neither closed nor cut off. */
  readonly open: boolean
}

/** A socket that only notes what is done to it. Its peer answers no ping unless somebody does it for it. */
export function recordedSocket(pinged: () => void = () => {}): RecordedSocket {
  return {
    closes: [],
    terminated: 0,
    pings: 0,
    get open() {
      return this.closes.length === 0 && this.terminated === 0
    },
    close(code, reason) {
      this.closes.push({ code, reason })
    },
    terminate() {
      this.terminated += 1
    },
    ping() {
      this.pings += 1
      pinged()
    },
  }
}
