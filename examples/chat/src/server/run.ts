import { isWsticketError } from '@wsticket/server'
import type { DestinationStream } from 'pino'
import type { PasswordHasher } from '../auth/passwords.js'
import { RedisUnusable } from '../redis/redis-client.js'
import { type ChatServer, startChatServer } from './chat-server.js'
import { readConfig } from './config.js'
import { createLogger } from './logger.js'

/** What a process gives to the program that runs in it. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly documents: string
  readonly page: string
  readonly print: (line: string) => void
  readonly complain: (line: string) => void
  /** Where log lines go. @default standard output */
  readonly logTo?: DestinationStream
  /** How long Redis is waited for. @default 10 seconds */
  readonly redisStartMs?: number
  /** @default one that takes its time, as it must */
  readonly hasher?: PasswordHasher
}

/**
 * Starts the chat as the environment says, and prints its address when it is ready; gives `undefined`, after
 * a clear complaint, if it cannot.
 */
export async function run(surroundings: Surroundings): Promise<ChatServer | undefined> {
  const { environment, documents, page, print, complain } = surroundings
  const read = readConfig(environment)
  if (!read.ok) {
    for (const problem of read.problems) complain(problem)
    return undefined
  }
  const { config } = read
  const { nodeName } = config
  // Logs of several nodes are read together.
  const log = createLogger(config.logLevel, surroundings.logTo).child(
    nodeName === undefined ? {} : { node: nodeName },
  )
  for (const note of config.notes) log.warn({ event: 'note' }, note)
  if (config.mode === 'production') {
    log.warn(
      { event: 'note' },
      'The demo users have published passwords: do not let strangers reach this server.',
    )
  }
  try {
    const { redisStartMs, hasher } = surroundings
    const server = await startChatServer({ config, documents, page, log, redisStartMs, hasher })
    print(`wsticket chat: ${server.address}`)
    return server
  } catch (error) {
    complain(explain(error, config.port, config.host))
    return undefined
  }
}

function explain(error: unknown, port: number, host: string): string {
  if (error instanceof RedisUnusable) return `wsticket: ${error.message}`
  if (isWsticketError(error)) {
    return `wsticket: the chat could not start: ${error.message}. ${error.remedy ?? ''}`.trimEnd()
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'EADDRINUSE':
      return `wsticket: port ${port} on ${host} is taken by another program. Choose another one, for example PORT=${port === 65_535 ? 8080 : port + 1}, or PORT=0 for any free one.`
    case 'EACCES':
      return `wsticket: port ${port} on ${host} may not be used by this user. Choose one above 1023, for example PORT=8080.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `wsticket: HOST is ${JSON.stringify(host)}, which is no address of this machine. Example: 127.0.0.1`
    default:
      return `wsticket: the chat could not start: ${error instanceof Error ? error.message : String(error)}`
  }
}
