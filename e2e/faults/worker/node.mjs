import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createWsticket, isWsticketError } from '@wsticket/server'
import { ticketRoutes } from '@wsticket/server/node-http'
import { admitUpgrades } from '@wsticket/server/ws'
import { moment, refusalSeen } from './calls.mjs'

/** @typedef {import('../../../test/ticket-history/history.js').RedeemCall} RedeemCall */
/** @typedef {import('../../../test/ticket-history/history.js').RevokeCall} RevokeCall */
/** @typedef {import('@wsticket/server').Principal} Principal */
/** @typedef {Extract<import('../messages.js').Task, { name: 'issue' }>} IssueTask */
/** @typedef {Extract<import('../messages.js').Task, { name: 'redeem' }>} RedeemTask */
/** @typedef {Extract<import('../messages.js').Task, { name: 'revoke' }>} RevokeTask */

const PATH = '/ws'
const ATTEMPT_HEADER = 'x-lab-attempt'
const ATTEMPT_BYTES = 16
/** A credential lives this long, unless the lab wants a short life. */
const CREDENTIAL_MS = 3_600_000
const ANY_NUMBER = 10_000
/** A failover by others is over by then. */
const READY_MS = 20_000
const READY_RETRY_MS = 100

/** Which attempt is being made at the moment, and whether by an upgrade. */
const attempts = /** @type {AsyncLocalStorage<{ attempt: string, upgrade: boolean }>} */ (
  new AsyncLocalStorage()
)

/** Whether the redeem that runs is part of an upgrade. */
export function inUpgrade() {
  return attempts.getStore()?.upgrade === true
}

/** One server of the system: a ticket authority over a store, called in process and by HTTP. */
export class LabNode {
  #name
  #log
  #wsticket
  #server
  /** @type {import('@wsticket/server').Admission[]} */
  #admitted = []

  /**
   * @param {string} name
   * @param {import('@wsticket/server').TicketStore} store
   * @param {import('./calls.mjs').CallLog} log
   */
  constructor(name, store, log) {
    this.#name = name
    this.#log = log
    this.#wsticket = createWsticket({
      store,
      // The lab issues in process: what is tried here is not who somebody is.
      authenticate: async () => undefined,
      origins: ['https://app.example.com'],
      audiences: [PATH],
      // The lab names attempts, so that it can make one again; all else stays as random as it is.
      random: (size) => {
        const attempt = attempts.getStore()?.attempt
        return size === ATTEMPT_BYTES && attempt !== undefined
          ? Buffer.from(attempt, 'base64url')
          : randomBytes(size)
      },
      limits: {
        issuePerUser: false,
        issuePerAddress: false,
        outstandingPerUser: ANY_NUMBER,
        sessionsPerUser: ANY_NUMBER,
        socketsPerAddress: 1_000_000,
      },
    })
    this.#server = createServer(ticketRoutes(this.#wsticket))
    this.#server.on('upgrade', ({ headers }) => {
      const attempt = headers[ATTEMPT_HEADER]
      if (typeof attempt === 'string') attempts.enterWith({ attempt, upgrade: true })
    })
    admitUpgrades(this.#server, this.#wsticket, { path: PATH }, () => undefined)
  }

  /** Waits until it may admit, as one should, then listens, and tells where. */
  async listen() {
    const until = Date.now() + READY_MS
    for (;;) {
      try {
        await this.#wsticket.ready()
        break
      } catch (error) {
        // Somebody fails over at the moment; a node that is begun anew just then waits for a master.
        if (Date.now() > until) throw error
        await sleep(READY_RETRY_MS)
      }
    }
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    return address.port
  }

  /**
   * @param {IssueTask} task
   * @returns {Promise<import('../messages.js').Issued | null>}
   */
  async issue({ subject, login, singleUse, lifeMs, afterMs }) {
    if (afterMs > 0) await sleep(afterMs)
    const began = moment()
    /** @type {Principal} */
    const principal = {
      subject,
      login,
      permissions: ['read'],
      claims: {},
      issuedAt: Math.floor(Date.now() / 1000),
      expiresAt: (Date.now() + (lifeMs ?? CREDENTIAL_MS)) / 1000,
    }
    try {
      const issued = await this.#wsticket.issue(principal, { singleUse })
      if (!issued.ok) return null
      const { ticket, ref } = issued
      const remainingMs = issued.expiresAt - issued.createdAt
      this.#log.add({
        ...{ name: 'issue', process: this.#name, began, ended: moment(), ref, singleUse, subject, login },
        outcome: { kind: 'issued', remainingMs },
      })
      return { ticket, ref, remainingMs }
    } catch (error) {
      // Nobody has a ticket whose issue was not answered, so nothing can come of it.
      if (isWsticketError(error)) return null
      throw error
    }
  }

  /** @param {RedeemTask} task */
  async redeem(task) {
    if (task.afterMs > 0) await sleep(task.afterMs)
    if (task.asks === 'twice') {
      await Promise.all([this.#redeemOnce(task), this.#redeemOnce(task)])
      return
    }
    await this.#redeemOnce(task)
    if (task.asks === 'again') await this.#redeemOnce(task)
  }

  /** @param {RedeemTask} task */
  async #redeemOnce({ ref, ticket, attempt }) {
    const began = moment()
    const outcome = await attempts.run({ attempt, upgrade: false }, () =>
      this.#wsticket.redeem(ticket, { audience: PATH }),
    )
    if (outcome.ok) this.#admitted.push(outcome)
    this.#log.add({
      ...{ name: 'redeem', process: this.#name, began, ended: moment(), ref, attempt, at: 'door' },
      outcome: outcome.ok ? { kind: 'admitted' } : refusalSeen(outcome.refusal.code),
    })
  }

  /** @param {RevokeTask} task */
  async revoke({ target, afterMs }) {
    if (afterMs > 0) await sleep(afterMs)
    const began = moment()
    const outcome = await this.#revokeNow(target)
    this.#log.add({ name: 'revoke', process: this.#name, began, ended: moment(), target, outcome })
  }

  /**
   * @param {RevokeCall['target']} target
   * @returns {Promise<RevokeCall['outcome']>}
   */
  async #revokeNow(target) {
    try {
      return { kind: (await this.#wsticket.revoke(revocationOf(target))) ? 'revoked' : 'unknown' }
    } catch (error) {
      if (isWsticketError(error)) return { kind: 'indeterminate' }
      throw error
    }
  }

  /** The sockets of all who were admitted are gone. */
  release() {
    for (const admission of this.#admitted.splice(0)) admission.release()
  }

  async close() {
    this.release()
    await this.#wsticket.close()
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

/**
 * @param {RevokeCall['target']} target
 * @returns {import('@wsticket/server').Revocation}
 */
function revocationOf(target) {
  switch (target.kind) {
    case 'ticket':
      return { ticket: target.ref }
    case 'session':
      return { session: target.ref }
    case 'login':
      return { subject: target.subject, login: target.login }
    case 'subject':
      return { subject: target.subject }
  }
}
