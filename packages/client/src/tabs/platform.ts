/** The part of `navigator.locks` that is used. */
export interface Locks {
  request<Outcome>(
    name: string,
    options: { readonly signal?: AbortSignal; readonly steal?: boolean; readonly ifAvailable?: boolean },
    work: (lock: unknown) => Promise<Outcome>,
  ): Promise<Outcome>
  query(): Promise<{
    readonly held?: readonly { readonly name?: string | undefined; readonly clientId?: string | undefined }[]
  }>
}

/** The part of a `BroadcastChannel` that is used. */
export interface Channel {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  close(): void
}

/** Looks the browser's locks up; older ones have none, and pages without TLS get none. */
export function locksOr(given: Locks | undefined): Locks | undefined {
  return given ?? globalThis.navigator?.locks
}

/** Opens a channel to the other tabs; older browsers have none. */
export function channelOr(open: ((name: string) => Channel) | undefined, name: string): Channel | undefined {
  if (open) return open(name)
  return globalThis.BroadcastChannel ? new BroadcastChannel(name) : undefined
}
