import { redact } from '@wsticket/protocol'
import { type DestinationStream, type Logger, pino } from 'pino'
import type { LogLevel } from './config.js'

// Nothing of ours logs these fields. Should somebody add one, its value stays out all the same.
const SECRET_FIELDS = [
  'password',
  'access_token',
  'refresh_token',
  'authorization',
  'ticket_id',
  'apiKey',
  'api_key',
]

/** Makes the logger: JSON lines, by default on standard output, without secrets. */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service: 'wsticket-chat' },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[redacted]',
    },
  }
  // Synchronous: in order with what else is printed, and nothing is lost at the end of the process.
  const target = destination ?? pino.destination({ fd: 1, sync: true })
  // Whole lines, since a ticket may hide in any text: a message, a stack, the name of a field.
  return pino(options, { write: (line) => target.write(redact(line)) })
}
