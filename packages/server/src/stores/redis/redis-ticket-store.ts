import { type Clock, withDeadline } from '../../clock.js'
import { intervalMs, RATE_STEPS_PER_MS } from '../../rate/gcra.js'
import type {
  Holder,
  Inspection,
  IssueOutcome,
  IssueTerms,
  NoticeBatch,
  OvertakenCredential,
  RedeemAttempt,
  RedeemOutcome,
  RedeemTerms,
  Renewal,
  RenewOutcome,
  RevokeOutcome,
  RevokeTarget,
  SessionCheck,
  SessionSummary,
  StoreHealth,
  SubjectKey,
  TicketRecord,
  TicketStore,
} from '../store.js'
import { AcknowledgedRevokes } from './acknowledged-revokes.js'
import { type Deployment, type Guarantee, probeDeployment } from './deployment.js'
import { ExpiredCount } from './expired-count.js'
import { type RedisKeys, shardOf } from './keys.js'
import { NoticeStream } from './notice-stream.js'
import {
  issueOutcome,
  isTicketState,
  overtakenOutcome,
  redeemOutcome,
  renewOutcome,
  sessionCheck,
} from './outcomes.js'
import type { RedisLink } from './redis-link.js'
import { rows, texts } from './replies.js'
import { groupByShard, newGeneration, noticeOf, timesOf, whole } from './script-arguments.js'
import { ScriptRunner, UnreplicatedError } from './script-runner.js'
import { CHECK_CREDENTIAL, REVOKE_LOGIN, REVOKE_ONE, REVOKE_SUBJECT } from './scripts/revocations.js'
import type { Script } from './scripts/script.js'
import { CHECK_SESSIONS, CLOSE_SOCKET, LIST_SESSIONS, RENEW } from './scripts/sessions.js'
import { KEEP_NODE } from './scripts/shared.js'
import { INSPECT, ISSUE, REDEEM } from './scripts/tickets.js'
import { SealKeyRing } from './seal-key-ring.js'
import { fromWord, toWord, toWords } from './text.js'
import { boundWords, readTicket, ticketBody } from './ticket-value.js'

// A replica that has not got a write by then is behind: the redeem is asked again within its budget.
const REPLICATION_MS = 250
// Buckets in which unused tickets are counted: as fine as makes no difference beside the grace.
const SPANS_PER_GRACE = 30
// Half of what any call may take: notices are read after it.
const TELL_AGAIN_MS = 500

/** What a Redis store is made of. */
export interface RedisStoreParts {
  readonly link: RedisLink
  readonly clock: Clock
  readonly keys: RedisKeys
  readonly guarantee: Guarantee
  readonly replicas: number
  readonly graceMs: number
  readonly leaseMs: number
  readonly sealRotationMs: number
}

/** The contract of a store, in Redis: each call is a script. */
export class RedisStore implements TicketStore {
  readonly kind = 'redis'
  readonly #parts: RedisStoreParts
  readonly #keys: RedisKeys
  readonly #runner: ScriptRunner
  readonly #notices: NoticeStream
  readonly #seals: SealKeyRing
  readonly #expired: ExpiredCount
  readonly #acknowledged = new AcknowledgedRevokes()
  readonly #graceMs: string
  readonly #spanMs: string
  readonly #waits: string
  #probe: Promise<Deployment> | undefined

  constructor(parts: RedisStoreParts) {
    const { clock, keys, graceMs, link } = parts
    const spanMs = Math.ceil(graceMs / SPANS_PER_GRACE)
    this.#parts = parts
    this.#keys = keys
    this.#runner = new ScriptRunner(link, clock)
    this.#notices = new NoticeStream(this.#runner, keys.notices, clock, (mayBeLost) =>
      this.#tellAgain(mayBeLost),
    )
    this.#seals = new SealKeyRing(this.#runner, keys.seal, parts.sealRotationMs)
    this.#expired = new ExpiredCount(this.#runner, keys, clock, spanMs)
    this.#graceMs = String(graceMs)
    this.#spanMs = String(spanMs)
    this.#waits = parts.guarantee === 'wait' ? '1' : '0'
  }

  async issue(record: TicketRecord, { rate, outstanding }: IssueTerms): Promise<IssueOutcome> {
    const { ref, holder } = record
    const reply = await this.#run(
      ISSUE,
      [this.#keys.subject(holder.subject)],
      [
        this.#base(ref),
        ref,
        holder.login ?? '-',
        ...timesOf(holder),
        whole(record.ttlMs),
        record.singleUse ? 's' : 'm',
        newGeneration(),
        this.#parts.guarantee === 'fence' ? '1' : '0',
        boundWords(record.audience, record.bindings),
        String(rate?.burst ?? 0),
        whole(rate === undefined ? 0 : intervalMs(rate) * RATE_STEPS_PER_MS),
        String(outstanding),
        this.#graceMs,
        this.#spanMs,
        ticketBody(record),
      ],
    )
    return issueOutcome(texts(reply))
  }

  async redeem(ref: string, attempt: RedeemAttempt, terms: RedeemTerms): Promise<RedeemOutcome> {
    const { shown } = attempt
    const reply = await this.#runSafely(
      REDEEM,
      [this.#keys.ticket(ref)],
      [
        this.#base(ref),
        ref,
        toWord(attempt.id),
        toWord(attempt.node),
        toWord(attempt.address),
        toWord(shown.origin),
        boundWords(terms.audience, shown),
        String(terms.sessionsPerUser),
        whole(terms.maxSessionMs),
        whole(terms.skewMs),
        terms.liveNodes === undefined ? '-' : ` ${toWords(terms.liveNodes)} `,
        this.#graceMs,
        this.#spanMs,
        this.#waits,
      ],
    )
    return redeemOutcome(ref, texts(reply))
  }

  async inspect(ref: string): Promise<Inspection> {
    const reply = await this.#run(INSPECT, [this.#keys.ticket(ref)], [this.#base(ref), ref, this.#graceMs])
    const [state, at = '', value = ''] = texts(reply)
    if (!isTicketState(state)) return { kind: 'unknown' }
    const { record, expiresAt } = readTicket(ref, value)
    return { kind: 'known', state, record, at: Number(at), remainingMs: expiresAt - Number(at) }
  }

  async revoke(target: RevokeTarget): Promise<RevokeOutcome> {
    const [kind, at] = await this.#revokeState(target).catch(async (error: unknown) => {
      // Too few replicas have it, and it is not acknowledged; but it is done, so sockets are closed all the same.
      if (error instanceof UnreplicatedError) {
        const [done, doneAt] = texts(error.reply)
        if (done === 'revoked') await this.#notices.append(noticeOf(target, Number(doneAt)))
      }
      throw error
    })
    if (kind === 'unknown') return { kind }
    const revokedAt = Number(at)
    // First: while the notice is on its way, the master may be lost, and what it did with it.
    this.#acknowledged.add(target, revokedAt, this.#parts.clock.now())
    await this.#notices.append(noticeOf(target, revokedAt))
    return { kind: 'revoked', at: revokedAt }
  }

  async checkCredential(holder: Holder): Promise<{ readonly kind: 'good' } | OvertakenCredential> {
    const [issuedAt] = timesOf(holder)
    const key = this.#keys.subject(holder.subject)
    const reply = await this.#run(CHECK_CREDENTIAL, [key], [holder.login ?? '-', issuedAt])
    return overtakenOutcome(texts(reply)) ?? { kind: 'good' }
  }

  async renewSession(ref: string, renewal: Renewal): Promise<RenewOutcome> {
    const { holder, permissions } = renewal
    // Another shard is another subject: its keys lie elsewhere.
    if (shardOf(ref) !== shardOf(holder.subject)) return { kind: 'unknown' }
    const reply = await this.#run(
      RENEW,
      [this.#keys.subject(holder.subject)],
      [
        this.#base(ref),
        ref,
        holder.login ?? '-',
        ...timesOf(holder),
        whole(renewal.maxSessionMs),
        whole(renewal.skewMs),
        toWords(permissions),
        this.#graceMs,
      ],
    )
    const { outcome, narrowed } = renewOutcome(texts(reply))
    if (narrowed && outcome.kind === 'renewed') {
      await this.#notices.append({ kind: 'narrowed', ref, permissions: outcome.permissions })
    }
    return outcome
  }

  async closeSocket(ref: string, attemptId: string): Promise<void> {
    const args = [this.#base(ref), ref, toWord(attemptId), this.#graceMs]
    await this.#run(CLOSE_SOCKET, [this.#keys.ticket(ref)], args)
  }

  async listSessions(subject: SubjectKey, liveNodes?: readonly string[]): Promise<readonly SessionSummary[]> {
    const reply = await this.#run(LIST_SESSIONS, [this.#keys.subject(subject)], [this.#base(subject)])
    return rows(reply).flatMap(([ref = '', openedAt, deadline, nodes = '', value = '']) => {
      const held = nodes.split(' ').flatMap((word) => fromWord(word) ?? [])
      const sockets = held.filter((node) => liveNodes?.includes(node) ?? true).length
      if (sockets === 0) return []
      const { record, origin, address } = readTicket(ref, value)
      const { audience } = record
      return [
        { ref, openedAt: Number(openedAt), deadline: Number(deadline), sockets, audience, origin, address },
      ]
    })
  }

  async checkSessions(refs: readonly string[]): Promise<readonly SessionCheck[]> {
    const byShard = groupByShard(refs)
    const checked = new Map<string, SessionCheck>()
    await Promise.all(
      [...byShard].map(async ([shard, some]) => {
        const keys = some.map((ref) => this.#keys.ticket(ref))
        const answers = rows(await this.#run(CHECK_SESSIONS, keys, [this.#base(shard), ...some]))
        some.forEach((ref, index) => {
          checked.set(ref, sessionCheck(ref, answers[index] ?? []))
        })
      }),
    )
    return refs.map((ref) => checked.get(ref) ?? { ref, kind: 'gone' })
  }

  async keepNode(id: string): Promise<readonly string[]> {
    return texts(await this.#run(KEEP_NODE, [this.#keys.nodes], [id, String(this.#parts.leaseMs)]))
  }

  async notices(cursor: string | undefined, signal: AbortSignal): Promise<NoticeBatch> {
    await this.#ready()
    return this.#notices.read(cursor, signal)
  }

  async sealKeys(): Promise<readonly Uint8Array[]> {
    await this.#ready()
    return this.#seals.read()
  }

  async health(): Promise<StoreHealth> {
    const askedAt = performance.now()
    const probe = probeDeployment(this.#parts.link, this.#parts.clock, this.#parts)
    const { promises, warnings } = await probe
    const latencyMs = Math.round((performance.now() - askedAt) * 100) / 100
    this.#probe = probe
    return {
      kind: this.kind,
      reachable: true,
      latencyMs,
      promises,
      expired: await this.#expired.read(),
      warnings,
    }
  }

  async close(): Promise<void> {
    this.#notices.close()
  }

  /** Changes what issue, redeem and renew check. With `again`, only where a new master does not know of it. */
  #revokeState(target: RevokeTarget, again?: number): Promise<string[]> {
    const told = again === undefined ? '-' : whole(again)
    switch (target.kind) {
      case 'ticket':
      case 'session': {
        const { ref, owner = '-', kind } = target
        const code = target.kind === 'session' ? target.code : 'session_revoked'
        const args = [this.#base(ref), ref, kind, owner, code, this.#graceMs, this.#spanMs, this.#waits]
        return this.#runSafely(REVOKE_ONE, [this.#keys.ticket(ref)], args).then(texts)
      }
      case 'subject': {
        const { subject, rememberMs } = target
        const args = [this.#base(subject), newGeneration(), whole(rememberMs), this.#spanMs, told]
        return this.#runSafely(REVOKE_SUBJECT, [this.#keys.subject(subject)], args).then(texts)
      }
      case 'login': {
        const { subject, login, rememberMs } = target
        const args = [
          ...[this.#base(subject), login, whole(rememberMs), this.#spanMs],
          ...[told, newGeneration()],
        ]
        return this.#runSafely(REVOKE_LOGIN, [this.#keys.subject(subject)], args).then(texts)
      }
    }
  }

  /** Tells a new master what this node acknowledged lately, and the nodes what it did not know. */
  async #tellAgain(mayBeLost: boolean): Promise<void> {
    if (mayBeLost) this.#acknowledged.allDue(this.#parts.clock.now())
    await this.#acknowledged.tellDue(async ({ target, at }) => {
      const [kind, revokedAt] = await this.#inTime(this.#revokeState(target, at))
      if (kind === 'revoked') await this.#notices.append(noticeOf(target, Number(revokedAt)))
    })
  }

  /** A master that hangs must not keep the notices of the others. */
  #inTime<T>(work: Promise<T>): Promise<T> {
    const late = (): Error => new Error('a revoke could not be told to a new master in time')
    return withDeadline(work, { clock: this.#parts.clock, ms: TELL_AGAIN_MS, late })
  }

  async #run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    await this.#ready()
    return this.#runner.run(script, keys, args)
  }

  /** Runs what must not be undone by a failover: as far as that was asked for. */
  async #runSafely(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const { guarantee, replicas } = this.#parts
    if (guarantee !== 'wait') return this.#run(script, keys, args)
    await this.#ready()
    return this.#runner.runReplicated(script, keys, args, { replicas, ms: REPLICATION_MS })
  }

  /** Resolves once it is known that this deployment can keep what is asked for. */
  async #ready(): Promise<void> {
    const probe = this.#probe ?? probeDeployment(this.#parts.link, this.#parts.clock, this.#parts)
    this.#probe = probe
    try {
      await probe
    } catch (error) {
      // Asked anew by the next call: it may have been put right since.
      if (this.#probe === probe) this.#probe = undefined
      throw error
    }
  }

  #base(refOrSubject: string): string {
    return this.#keys.base(shardOf(refOrSubject))
  }
}
