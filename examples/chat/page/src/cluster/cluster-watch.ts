import type { Fetch } from '../api/http.js'
import type { Happening } from '../connection/timeline.js'
import { orderCluster, readCluster } from './cluster-api.js'
import type { ClusterOrder, ClusterState } from './cluster-state.js'
import { happeningWords, orderWords } from './cluster-words.js'

export interface ClusterWatchOptions {
  readonly fetch: Fetch
  /** Takes what happened, for the timeline. */
  readonly note: (happening: Happening) => void
  /** Calls back once, later; gives what takes that back. @default setTimeout */
  readonly later?: (run: () => void, ms: number) => () => void
  /** Whether somebody looks at the page. */
  readonly isSeen?: () => boolean
}

/** What the page shows of the cluster. */
export interface ClusterSnapshot {
  /** `undefined` until the first answer, and where there is no cluster. */
  readonly state: ClusterState | undefined
  /** What is being asked for. */
  readonly busy: ClusterOrder | undefined
  /** Why the last thing that was asked for was not done. */
  readonly problem: string | undefined
  /** Whether the cluster gave no answer, so that the state may be old. */
  readonly silent: boolean
  /** The last thing that was asked for or happened, for those who hear the page. */
  readonly news: string
}

// What happens is over in seconds: while something is away, the page looks more often.
const CALM_MS = 1500
const BUSY_MS = 400

/** Looks at the cluster again and again, tells what happened to it, and has things done to it. */
export class ClusterWatch {
  readonly #options: ClusterWatchOptions
  readonly #later: NonNullable<ClusterWatchOptions['later']>
  readonly #listeners = new Set<() => void>()
  #snapshot: ClusterSnapshot = {
    state: undefined,
    busy: undefined,
    problem: undefined,
    silent: false,
    news: '',
  }
  #cancel: (() => void) | undefined
  // Counts the times it began: an answer for an earlier one is nobody's any more.
  #round = 0
  #watching = false
  // The newest one that was told: those before the page came are nobody's news.
  #told: number | undefined

  constructor(options: ClusterWatchOptions) {
    this.#options = options
    this.#later =
      options.later ??
      ((run, ms) => {
        const timer = setTimeout(run, ms)
        return () => clearTimeout(timer)
      })
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  readonly snapshot = (): ClusterSnapshot => this.#snapshot

  /** Begins to look; ends by itself where there is no cluster. */
  start(): void {
    if (this.#watching) return
    this.#watching = true
    this.#round += 1
    void this.#look(this.#round)
  }

  stop(): void {
    this.#watching = false
    this.#cancel?.()
  }

  /** Has something done. One thing at a time; what came of it is in the snapshot. */
  async order(order: ClusterOrder): Promise<void> {
    if (this.#snapshot.busy !== undefined) return
    this.#show({ busy: order, problem: undefined })
    this.#note(orderWords(order))
    const answer = await orderCluster(this.#options.fetch, order)
    this.#show({ busy: undefined, ...(answer.kind === 'failed' && { problem: answer.because }) })
    if (answer.kind === 'state') this.#take(answer.state)
  }

  async #look(round: number): Promise<void> {
    if (this.#options.isSeen?.() !== false) {
      const answer = await readCluster(this.#options.fetch)
      if (!this.#watching || round !== this.#round) return
      if (answer.kind === 'none') {
        this.#watching = false
        return
      }
      if (answer.kind === 'state') this.#take(answer.state)
      else this.#show({ silent: true })
    }
    const { state } = this.#snapshot
    this.#cancel = this.#later(
      () => void this.#look(round),
      state === undefined || isWhole(state) ? CALM_MS : BUSY_MS,
    )
  }

  #take(state: ClusterState): void {
    // Two answers may overtake each other.
    if (state.now < (this.#snapshot.state?.now ?? 0)) return
    const last = this.#told ?? state.happenings.at(-1)?.id ?? 0
    const news = state.happenings.filter(({ id }) => id > last)
    this.#told = news.at(-1)?.id ?? last
    this.#show({ state, silent: false })
    for (const happening of news) {
      const words = happeningWords(happening)
      if (words !== undefined) this.#note(words)
    }
  }

  #note(happening: Happening): void {
    this.#show({ news: happening.title })
    this.#options.note(happening)
  }

  #show(change: Partial<ClusterSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change }
    for (const listener of this.#listeners) listener()
  }
}

function isWhole({ nodes, redis }: ClusterState): boolean {
  return nodes.every(({ state }) => state === 'up') && redis.every(({ up }) => up)
}
