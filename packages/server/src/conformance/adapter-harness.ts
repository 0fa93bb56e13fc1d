import type { WsticketOptions } from '../options.js'
import type { Session } from '../sessions/session.js'
import type { Wsticket } from '../wsticket.js'

/** An admitted socket, as the application of the suite uses it. */
export interface ApplicationSocket {
  send(text: string): void
  onMessage(listener: (text: string) => void): void
}

/** The application that the suite puts behind an adapter. The harness hands it what the adapter gives. */
export interface AdapterApplication {
  /** The routes to register. The name of each in tickets is its path. */
  readonly paths: readonly string[]
  /** Selects one of the subprotocols that the adapter says were offered. */
  readonly selectProtocol: (offered: readonly string[]) => string | undefined
  /** To be given to `createWsticket`. */
  readonly options: Pick<WsticketOptions, 'authenticate' | 'pathways'>
  /** To be called with each admitted socket; what it throws, the adapter has to bear. */
  readonly connected: (socket: ApplicationSocket, session: Session) => void | Promise<void>
  /** To be called with target and headers of the request, if the adapter lets an application see it. */
  readonly sawRequest: (request: string) => void
}

/** A connection, as node:net gives one. */
export interface RawConnection {
  write(bytes: Uint8Array): unknown
  on(event: 'data', listener: (bytes: Uint8Array) => void): unknown
  on(event: 'end' | 'error' | 'close', listener: () => void): unknown
  /** Tears it down without a word. */
  resetAndDestroy(): unknown
}

/** A server with the application behind the adapter. */
export interface AdapterUnderTest {
  /**
   * Made with the application's `options`, `origin` among its origins, `now` and `advance` as its clock, and everything else
   * left as it is.
   */
  readonly wsticket: Wsticket
  /** The value of `Host` in requests. */
  readonly host: string
  /** Connects to the server: `connect(port)` of node:net. */
  readonly connect: () => RawConnection
  readonly origin: string
  /** Lets so many milliseconds pass for the ticket authority, and what hangs on them happen. */
  readonly advance: (ms: number) => Promise<void>
  readonly now: () => number
  readonly close: () => Promise<void>
}

/** Starts a server that no other case has touched. */
export type AdapterHarness = (application: AdapterApplication) => Promise<AdapterUnderTest>

/** One sentence of what an adapter keeps to, and the proof of it. Runs under any test runner, or under none. */
export interface AdapterCase {
  readonly name: string
  /** Rejects with an `AssertionError` if the adapter breaks the sentence. */
  readonly run: (harness: AdapterHarness) => Promise<void>
}
