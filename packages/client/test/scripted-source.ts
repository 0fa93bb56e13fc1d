import { TicketError, type TicketErrorCode } from '../src/core/ticket-error.js'
import type { AttemptOutcome, GrantOptions, TicketGrant, TicketSource } from '../src/ticket-source.js'
import { ticketNumber } from './misbehaving-server.js'

/** A source with a ticket route that does as it is told, for what is built around one. */
export class ScriptedSource implements TicketSource {
  /** What the next ticket requests fail with; without one they succeed. */
  readonly failures: TicketErrorCode[] = []
  /** What `/config` allows, or why it cannot be asked. */
  allows: readonly string[] | TicketErrorCode = ['ticket']
  /** What it answered last. */
  answered: readonly string[] | undefined
  jwt = 'opaque'
  /** Milliseconds that a ticket lives. */
  life = 60_000
  /** While it is set, answers wait for it. */
  gate: Promise<void> | undefined
  issued = 0
  configs = 0
  cleared = 0
  readonly asked: GrantOptions[] = []
  readonly refreshes: boolean[] = []
  readonly outcomes: AttemptOutcome[] = []
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  async take(): Promise<string> {
    return (await this.grant()).ticket
  }

  async protocols(...own: string[]): Promise<string[]> {
    return [await this.take(), ...own]
  }

  async url(socketUrl: string | URL): Promise<string> {
    return `${String(socketUrl)}?ticket=${await this.take()}`
  }

  clear(): void {
    this.cleared++
  }

  async grant(options: GrantOptions = {}): Promise<TicketGrant> {
    this.asked.push(options)
    await this.gate
    const code = this.failures.shift()
    if (code !== undefined) throw new TicketError(code)
    return { ...ticketNumber(++this.issued), expiresAt: this.#now() + this.life, user: `${this.cleared} ada` }
  }

  async pathways(): Promise<readonly string[]> {
    this.configs++
    await this.gate
    if (typeof this.allows === 'string') throw new TicketError(this.allows)
    this.answered = this.allows
    return this.allows
  }

  async currentCredential({ refresh = false }: GrantOptions = {}): Promise<string> {
    this.refreshes.push(refresh)
    await this.gate
    return this.jwt
  }

  async renew(): Promise<{ readonly deadline: number }> {
    return { deadline: this.#now() }
  }

  async call(method: 'GET' | 'POST', path: string): Promise<unknown> {
    return [method, path]
  }

  settled(outcome: AttemptOutcome): void {
    this.outcomes.push(outcome)
  }
}
