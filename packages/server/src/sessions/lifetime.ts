import type { Clock } from '../clock.js'
import type { SessionPolicy } from './policy.js'

export interface LifetimeHandlers {
  /** The deadline has come. */
  deadline(): void
  /** No message for as long as the policy allows. */
  idle(): void
  /** Time to ask whether the peer is there. */
  ping(): void
  /** The peer did not answer. */
  dead(): void
}

/** The clocks of one socket: deadline, idle limit, heartbeat. */
export class Lifetime {
  readonly #clock: Clock
  readonly #policy: SessionPolicy
  readonly #handlers: LifetimeHandlers
  #cancelDeadline: () => void = nothing
  #cancelIdle: () => void = nothing
  #cancelHeartbeat: () => void = nothing
  #cancelAnswer: () => void = nothing
  #activeAt: number
  #heardAt: number
  #stopped = false

  constructor(clock: Clock, policy: SessionPolicy, handlers: LifetimeHandlers) {
    this.#clock = clock
    this.#policy = policy
    this.#handlers = handlers
    this.#activeAt = clock.now()
    this.#heardAt = this.#activeAt
    this.#watchIdle()
    this.#beat()
  }

  /** Calls `deadline` after so many milliseconds, instead of at an earlier wish. */
  setDeadline(remainingMs: number): void {
    if (this.#stopped) return
    this.#cancelDeadline()
    this.#cancelDeadline = this.#clock.after(remainingMs, () => this.#handlers.deadline())
  }

  heard(): void {
    this.#heardAt = this.#clock.now()
  }

  // Not a sign of life: what was sent to a peer that is gone is accepted by the kernel for a long time.
  active(): void {
    this.#activeAt = this.#clock.now()
  }

  stop(): void {
    this.#stopped = true
    this.#cancelDeadline()
    this.#cancelIdle()
    this.#cancelHeartbeat()
    this.#cancelAnswer()
  }

  // Timers are not moved at each message: they look, when they fire, how long it has been.
  #watchIdle(): void {
    const { idleSeconds } = this.#policy
    if (idleSeconds === undefined || this.#stopped) return
    const left = this.#activeAt + idleSeconds * 1000 - this.#clock.now()
    if (left <= 0) this.#handlers.idle()
    else this.#cancelIdle = this.#clock.after(left, () => this.#watchIdle())
  }

  #beat(): void {
    const { heartbeatSeconds, heartbeatTimeoutSeconds } = this.#policy
    this.#cancelHeartbeat = this.#clock.after(heartbeatSeconds * 1000, () => {
      const askedAt = this.#clock.now()
      this.#handlers.ping()
      if (this.#stopped) return
      this.#cancelAnswer = this.#clock.after(heartbeatTimeoutSeconds * 1000, () => {
        if (this.#heardAt < askedAt) this.#handlers.dead()
      })
      this.#beat()
    })
  }
}

function nothing(): void {}
