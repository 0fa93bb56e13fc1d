import { describe, expect, test } from 'vitest'
import { ada, makeCore } from '../../test/core.js'
import { recordedSocket } from '../../test/held-socket.js'
import { refusedConnection } from '../../test/intercepted-store.js'
import { makeToken } from '../../test/tokens.js'
import { mintTicket, systemRandom } from '../authority/secret.js'
import { manualClock, settled } from '../conformance/index.js'
import { type AuditLevel, type AuditLogger, auditLog } from './audit.js'
import { EventHub } from './hub.js'

interface Line {
  readonly level: AuditLevel
  readonly fields: Record<string, unknown>
  readonly message: string
}

/** A logger that writes lines as JSON, as those in production do. */
function recordingLogger(): {
  readonly logger: AuditLogger
  readonly lines: Line[]
  readonly text: () => string
} {
  const lines: Line[] = []
  const write = (level: AuditLevel) => (fields: Record<string, unknown>, message: string) => {
    lines.push({ level, fields, message })
  }
  const logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  return { logger, lines, text: () => lines.map((line) => `${JSON.stringify(line)}\n`).join('') }
}

/** Every form in which a secret could stand in a text. */
function formsOf(secret: string): string[] {
  const everyCharacter = [...secret].map((c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')
  return [secret, encodeURIComponent(secret), everyCharacter, Buffer.from(secret).toString('base64')]
}

function leaks(text: string, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => formsOf(secret).some((form) => text.includes(form)))
}

const TICKET = mintTicket('7f'.repeat(32), new Uint8Array(32), systemRandom).ticket
const JWT = makeToken({ sub: 'ada' })

describe('auditLog', () => {
  test('writes each event with its name, life cycle at info, refusals at warn, failures at error', () => {
    const hub = new EventHub(manualClock(7000))
    const { logger, lines } = recordingLogger()
    auditLog(hub, logger)
    hub.emit('ticket.revoked', { ref: 'r' })
    hub.emit('redeem.refused', { code: 'ticket_used', ref: 'r' })
    hub.emit('store.failed', { operation: 'issue', message: 'down' })
    expect(lines).toEqual([
      { level: 'info', message: 'ticket.revoked', fields: { event: 'ticket.revoked', ref: 'r', at: 7000 } },
      {
        level: 'warn',
        message: 'redeem.refused',
        fields: { event: 'redeem.refused', code: 'ticket_used', ref: 'r', at: 7000 },
      },
      {
        level: 'error',
        message: 'store.failed',
        fields: { event: 'store.failed', operation: 'issue', message: 'down', at: 7000 },
      },
    ])
  })

  test('writes of a store with warnings at warn, unless it is told otherwise', () => {
    const hub = new EventHub(manualClock())
    const { logger, lines } = recordingLogger()
    auditLog(hub, logger)
    auditLog(hub, logger, { levels: { 'store.ready': 'debug' } })
    const store = { kind: 'redis', promises: { single_use: 'absolute' } }
    hub.emit('store.ready', { ...store, warnings: [] })
    hub.emit('store.ready', {
      ...store,
      warnings: ['It may evict revocations: set maxmemory-policy noeviction.'],
    })
    expect(lines.map(({ level }) => level)).toEqual(['info', 'debug', 'warn', 'debug'])
    expect(lines[2]?.fields).toMatchObject({
      kind: 'redis',
      warnings: [expect.stringContaining('noeviction')],
    })
  })

  test('writes of a deprecated pathway at warn, and of one that is meant to be used at info', () => {
    const hub = new EventHub(manualClock())
    const { logger, lines } = recordingLogger()
    auditLog(hub, logger)
    const used = {
      pathway: 'jwt_subprotocol',
      ref: 'r',
      subject: 's',
      audience: '/ws',
      durationMs: 1,
    } as const
    hub.emit('pathway.used', { ...used, deprecated: true })
    hub.emit('pathway.used', { ...used, deprecated: false })
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'pathway.used'],
      ['info', 'pathway.used'],
    ])
  })

  test('writes at other levels where they are given, and ends when it is told to', () => {
    const hub = new EventHub(manualClock())
    const { logger, lines } = recordingLogger()
    const end = auditLog(hub, logger, { levels: { 'ticket.revoked': 'debug' } })
    hub.emit('ticket.revoked', { ref: 'r' })
    hub.emit('subject.revoked', { subject: 's' })
    end()
    hub.emit('ticket.revoked', { ref: 'r' })
    expect(lines.map(({ level }) => level)).toEqual(['debug', 'info'])
  })

  test('writes no ticket and no JWT of a whole life cycle, refusals and failures included', async () => {
    const core = makeCore({ onReuse: 'revoke-session' })
    const { logger, text, lines } = recordingLogger()
    auditLog(core.events, logger)
    const secrets: string[] = []
    for (const singleUse of [true, false]) {
      const issued = await core.authority.issue(ada(core.clock), { singleUse }, { address: '192.0.2.1' })
      if (!issued.ok) throw new Error('refused')
      secrets.push(issued.ticket)
      await core.registry.ready()
      const presented = { audience: '/ws', shown: {}, address: '192.0.2.1' }
      const redeemed = await core.authority.redeem(issued.ticket, presented)
      if (!redeemed.ok) throw new Error('refused')
      const at = {
        pathway: 'ticket',
        audience: '/ws',
        carrier: 'query',
        address: '192.0.2.1',
        origin: undefined,
      } as const
      core.registry.hold(core.registry.seat().take({ ...redeemed, ...at }), recordedSocket())
      await core.authority.redeem(issued.ticket, presented)
      await core.authority.inspect(issued.ticket)
      await core.authority.revoke({ ticket: issued.ticket })
      await settled()
    }
    core.faults.set('inspect', refusedConnection)
    await core.authority.inspect(secrets[0] ?? '').catch(() => {})
    expect(lines.length).toBeGreaterThan(8)
    expect(leaks(text(), secrets)).toEqual([])
  })

  test('redacts tickets and JWTs that were sent where none belong, however they are written', () => {
    const hub = new EventHub(manualClock())
    const { logger, text, lines } = recordingLogger()
    auditLog(hub, logger)
    for (const secret of [TICKET, JWT]) {
      hub.emit('redeem.refused', {
        code: 'origin_refused',
        origin: `https://x.example/?ticket=${secret}`,
        address: secret,
        reason: encodeURIComponent(`Bearer ${secret}`),
      })
      hub.emit('session.narrowed', { ref: 'r', permissions: [secret, 'read'] })
      hub.emit('ticket.reused', { ref: 'r', first: { at: 1, address: secret }, second: {}, revoked: false })
      hub.emit('handler.failed', { where: 'socket handler', message: `no such room: ${secret}` })
    }
    expect(lines).toHaveLength(8)
    expect(leaks(text(), [TICKET, JWT])).toEqual([])
    expect(text()).toContain('[redacted')
  })

  test('would be caught at it: a leak that is planted is found in each of its forms', () => {
    const { logger, text } = recordingLogger()
    for (const form of formsOf(TICKET)) {
      expect(leaks(`before ${form} after`, [TICKET])).toEqual([TICKET])
    }
    logger.info({ url: `/ws?ticket=${encodeURIComponent(TICKET)}` }, 'request')
    expect(leaks(text(), [TICKET, JWT])).toEqual([TICKET])
  })

  test('keeps one event on one line, whatever is in it', () => {
    const hub = new EventHub(manualClock())
    const { logger, text } = recordingLogger()
    auditLog(hub, logger)
    const hostile = 'x\r\n{"level":"info","message":"forged"}\n\u001b[2J\u0000'
    hub.emit('redeem.refused', { code: 'origin_refused', origin: hostile, address: hostile, reason: hostile })
    const line = text().trimEnd()
    expect([...line].filter((character) => character < ' ')).toEqual([])
  })
})
