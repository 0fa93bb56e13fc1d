import type { Channel, Locks } from '../src/tabs/platform.js'

interface Waiting {
  readonly client: string
  readonly grant: () => void
}

interface Lock {
  holder: string | undefined
  /** Tells the holder that it has lost the lock. */
  lose: () => void
  readonly waiting: Waiting[]
}

/** Web Locks of one origin as the standard has them, for as many tabs as are asked for. */
export class FakeLocks {
  readonly #locks = new Map<string, Lock>()

  /** The locks as one tab sees them. */
  tab(client: string): Locks {
    return {
      request: (name, options, work) => this.#request(client, name, options, work),
      query: async () => ({
        held: [...this.#locks]
          .filter(([, { holder }]) => holder !== undefined)
          .map(([name, { holder }]) => ({ name, clientId: holder })),
      }),
    }
  }

  holder(name: string): string | undefined {
    return this.#locks.get(name)?.holder
  }

  waiting(name: string): number {
    return this.#locks.get(name)?.waiting.length ?? 0
  }

  #request<Outcome>(
    client: string,
    name: string,
    { signal, steal, ifAvailable }: Parameters<Locks['request']>[1],
    work: (lock: unknown) => Promise<Outcome>,
  ): Promise<Outcome> {
    const lock = this.#locks.get(name) ?? { holder: undefined, lose: () => {}, waiting: [] }
    this.#locks.set(name, lock)
    return new Promise((resolve, reject) => {
      const lost = (): void => reject(new DOMException('The lock was stolen', 'AbortError'))
      const grant = (): void => {
        lock.holder = client
        lock.lose = lost
        const release = (): void => {
          if (lock.lose === lost) this.#next(lock)
        }
        work({ name }).then(resolve, reject).finally(release)
      }
      if (steal) {
        lock.lose()
        grant()
        return
      }
      if (ifAvailable && lock.holder !== undefined) {
        work(null).then(resolve, reject)
        return
      }
      const request = { client, grant }
      lock.waiting.push(request)
      signal?.addEventListener('abort', () => {
        const place = lock.waiting.indexOf(request)
        if (place === -1) return
        lock.waiting.splice(place, 1)
        reject(new DOMException('The request was aborted', 'AbortError'))
      })
      if (lock.holder === undefined) this.#next(lock)
    })
  }

  #next(lock: Lock): void {
    lock.holder = undefined
    lock.lose = () => {}
    lock.waiting.shift()?.grant()
  }
}

/** Broadcast channels of one origin, whose messages can be held up. */
export class FakeChannels {
  readonly #open = new Map<string, Set<FakeChannel>>()

  open(name: string): FakeChannel {
    const peers = this.#open.get(name) ?? new Set()
    this.#open.set(name, peers)
    const channel = new FakeChannel(peers)
    peers.add(channel)
    return channel
  }
}

export class FakeChannel implements Channel {
  readonly #peers: Set<FakeChannel>
  readonly #listeners: ((event: { readonly data: unknown }) => void)[] = []
  #held: unknown[] | undefined
  readonly sent: unknown[] = []

  constructor(peers: Set<FakeChannel>) {
    this.#peers = peers
  }

  postMessage(message: unknown): void {
    this.sent.push(message)
    for (const peer of this.#peers) if (peer !== this) peer.#receive(structuredClone(message))
  }

  addEventListener(_type: 'message', listener: (event: { readonly data: unknown }) => void): void {
    this.#listeners.push(listener)
  }

  close(): void {
    this.#peers.delete(this)
  }

  /** Nothing arrives any more, as in a tab that is frozen, until it thaws. */
  freeze(): void {
    this.#held ??= []
  }

  thaw(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const message of held) this.#receive(message)
  }

  #receive(data: unknown): void {
    if (this.#held) {
      this.#held.push(data)
      return
    }
    queueMicrotask(() => {
      for (const listener of this.#listeners) listener({ data })
    })
  }
}
