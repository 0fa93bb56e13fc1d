import { redact } from '@wsticket/protocol'
import type { WsticketEventName } from './events.js'
import type { EventSource } from './hub.js'

export type AuditLevel = 'debug' | 'info' | 'warn' | 'error'

/** Anything that takes an object and a message, such as a pino logger. */
export type AuditLogger = Record<AuditLevel, (fields: Record<string, unknown>, message: string) => void>

/** Life cycle at info; refusals, what is deprecated and what comes with warnings at warn; failures at error. */
const LEVELS: Readonly<Record<WsticketEventName, AuditLevel>> = {
  'ticket.issued': 'info',
  'request.refused': 'warn',
  'ticket.voided': 'info',
  'ticket.revoked': 'info',
  'ticket.redeemed': 'info',
  'pathway.used': 'info',
  'redeem.refused': 'warn',
  'ticket.reused': 'warn',
  'session.opened': 'info',
  'session.renewed': 'info',
  'session.narrowed': 'info',
  'session.revoked': 'info',
  'session.closed': 'info',
  'login.revoked': 'info',
  'subject.revoked': 'info',
  'store.ready': 'info',
  'store.failed': 'error',
  'identity.failed': 'error',
  'handler.failed': 'error',
}

/**
 * Writes every event to a structured logger. What it returns ends that.
 *
 * Events hold no secrets; texts that came from outside are redacted all the same, in case somebody sends a
 * ticket where none belongs. Line breaks and control characters are the logger's to escape, as JSON does.
 *
 * @example
 * auditLog(wsticket.events, pino())
 */
export function auditLog(
  events: EventSource,
  logger: AuditLogger,
  options: { readonly levels?: Partial<Record<WsticketEventName, AuditLevel>> } = {},
): () => void {
  const { levels = {} } = options
  return events.onAny((name, event) => {
    const level = levels[name] ?? (isWarning(event) ? 'warn' : LEVELS[name])
    logger[level]({ event: name, ...redactFields(event) }, name)
  })
}

function isWarning(event: object): boolean {
  if ('deprecated' in event) return event.deprecated === true
  return 'warnings' in event && Array.isArray(event.warnings) && event.warnings.length > 0
}

function redactFields(event: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(event).map(([key, value]) => [key, redactValue(value)]))
}

function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map(redactValue)
  return typeof value === 'object' && value !== null ? redactFields(value) : value
}
