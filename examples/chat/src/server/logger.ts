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
  return pino(options, { write: (line) => target.write(escapeUnseen(redact(line))) })
}

// What a terminal obeys or a viewer hides, and JSON lets stand: C1 controls, line separators, changes of the
// writing's direction. Inside JSON they occur in strings only, so that the line means what it meant.
const UNSEEN = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

function escapeUnseen(line: string): string {
  return line.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
