import { redact, TTL_SECONDS } from '@wsticket/protocol'
import { type RedisTarget, readRedisUrl } from '../redis/redis-url.js'
import { isNetwork } from './client-address.js'

/** How the server was told to run. */
export interface Config {
  /** 0: any free one. */
  readonly port: number
  readonly host: string
  /** Where people reach the chat, if that is not where it listens: behind a balancer or proxy. */
  readonly publicOrigin?: string
  /** Absent: `publicOrigin`, or else `localhost` and `127.0.0.1` with the port that it listens on. */
  readonly allowedOrigins?: readonly string[]
  /** Networks of the proxies in front, whose `X-Forwarded-*` headers count. */
  readonly trustedProxies: readonly string[]
  /** What this node is called on the page. */
  readonly nodeName?: string
  /** Absent: this process is alone, and keeps everything in its memory. Holds a secret. */
  readonly redis?: RedisTarget
  readonly ticketDefaultTtl: number
  readonly ticketMaxTtl: number
  readonly tokenTtl: number
  /** Ways to connect that are open beside the ticket. */
  readonly legacyPathways: readonly LegacyPathway[]
  readonly mode: Mode
  readonly logLevel: LogLevel
  /** Absent: the agent works without a model. */
  readonly model?: { readonly baseUrl: string; readonly apiKey: string; readonly model: string }
  /** What is odd, though not wrong: for the log. Holds no secrets. */
  readonly notes: readonly string[]
}

export type Mode = (typeof MODES)[number]
export type LogLevel = (typeof LOG_LEVELS)[number]
export type LegacyPathway = (typeof LEGACY_PATHWAYS)[number]

export type ConfigOutcome =
  | { readonly ok: true; readonly config: Config }
  /** One sentence per wrong variable. */
  | { readonly ok: false; readonly problems: readonly string[] }

const MODES = ['development', 'test', 'production'] as const
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
const LEGACY_PATHWAYS = ['jwt_subprotocol', 'anonymous'] as const
const DEFAULT_TICKET_TTL = 300
const SHOWN_CHARACTERS = 80
const MODEL_VARIABLES = ['OPENAI_BASE_URL', 'OPENAI_API_KEY', 'OPENAI_MODEL'] as const

/**
 * Reads the environment. A variable that is empty counts as not set.
 *
 * `HOST` is 127.0.0.1 unless it is set, since the demo's passwords are published: the server is to be reached
 * from other machines only when somebody asks for that (`HOST=0.0.0.0`).
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): ConfigOutcome {
  const reader = new Reader(environment)
  const port = reader.whole('PORT', { min: 0, max: 65_535, fallback: 8080, what: 'a port' })
  const host = reader.host('HOST', '127.0.0.1')
  const publicOrigin = reader.origin('PUBLIC_ORIGIN')
  const allowedOrigins = reader.origins('ALLOWED_ORIGINS')
  const trustedProxies = reader.networks('TRUSTED_PROXIES')
  const nodeName = reader.nodeName('NODE_NAME')
  const redis = reader.redis('REDIS_URL')
  const seconds = { ...TTL_SECONDS, what: 'a whole number of seconds' }
  const ticketMaxTtl = reader.whole('TICKET_MAX_TTL', { ...seconds, fallback: TTL_SECONDS.max, example: 600 })
  const ticketDefaultTtl = reader.whole('TICKET_DEFAULT_TTL', {
    ...seconds,
    fallback: Math.min(DEFAULT_TICKET_TTL, ticketMaxTtl),
    example: DEFAULT_TICKET_TTL,
  })
  if (ticketDefaultTtl > ticketMaxTtl) {
    const must = `it must not be more than TICKET_MAX_TTL, which is ${ticketMaxTtl}`
    reader.wrong('TICKET_DEFAULT_TTL', String(ticketDefaultTtl), must, String(ticketMaxTtl))
  }
  const tokenTtl = reader.whole('AUTH_TOKEN_TTL', {
    min: 1,
    max: 86_400,
    fallback: 900,
    what: 'a whole number of seconds',
  })
  const legacyPathways = reader.someOf('LEGACY_PATHWAYS', LEGACY_PATHWAYS)
  const mode = reader.oneOf('NODE_ENV', MODES, 'production')
  const logLevel = reader.oneOf('LOG_LEVEL', LOG_LEVELS, mode === 'test' ? 'silent' : 'info')
  const model = reader.model()
  if (reader.problems.length > 0) return { ok: false, problems: reader.problems }
  const { notes } = reader
  const times = { ticketDefaultTtl, ticketMaxTtl, tokenTtl }
  return {
    ok: true,
    config: {
      ...{ port, host, trustedProxies, ...times, legacyPathways, mode, logLevel, notes },
      ...(publicOrigin !== undefined && { publicOrigin }),
      ...(allowedOrigins && { allowedOrigins }),
      ...(nodeName !== undefined && { nodeName }),
      ...(redis && { redis }),
      ...(model && { model }),
    },
  }
}

/** The origins that are allowed unless `ALLOWED_ORIGINS` says otherwise. */
export function localOrigins(port: number): string[] {
  return [`http://localhost:${port}`, `http://127.0.0.1:${port}`].map((url) => new URL(url).origin)
}

class Reader {
  readonly problems: string[] = []
  readonly notes: string[] = []
  readonly #environment: Readonly<Record<string, string | undefined>>

  constructor(environment: Readonly<Record<string, string | undefined>>) {
    this.#environment = environment
  }

  wrong(name: string, value: string, must: string, example: string): void {
    const clean = redact(value)
    const shown = clean.length > SHOWN_CHARACTERS ? `${clean.slice(0, SHOWN_CHARACTERS)}…` : clean
    this.problems.push(`wsticket: ${name} is ${JSON.stringify(shown)}; ${must}. Example: ${example}`)
  }

  whole(
    name: string,
    terms: { min: number; max: number; fallback: number; what: string; example?: number },
  ): number {
    const text = this.#text(name)
    if (text === undefined) return terms.fallback
    const value = Number(text)
    if (/^\d{1,6}$/.test(text) && value >= terms.min && value <= terms.max) return value
    const must = `it must be ${terms.what} from ${terms.min} to ${terms.max}`
    this.wrong(name, text, must, String(terms.example ?? terms.fallback))
    return terms.fallback
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const text = this.#text(name)
    if (text === undefined) return fallback
    const found = allowed.find((each) => each === text)
    if (found === undefined) this.wrong(name, text, `it must be one of: ${allowed.join(', ')}`, fallback)
    return found ?? fallback
  }

  someOf<const T extends string>(name: string, allowed: readonly T[]): readonly T[] {
    const text = this.#text(name)
    if (text === undefined) return []
    const parts = text.split(',').map((part) => part.trim())
    const found = allowed.filter((each) => parts.includes(each))
    if (found.length === parts.length) return found
    this.wrong(name, text, `it must be some of: ${allowed.join(', ')}`, allowed.join(','))
    return []
  }

  host(name: string, fallback: string): string {
    const text = this.#text(name)
    if (text === undefined) return fallback
    const address = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|[0-9A-Fa-f:]{2,45}(?:%\w+)?|::ffff:[\d.]+)$/
    if (!address.test(text)) {
      this.wrong(name, text, 'it must be a host name or an address, without a port', '127.0.0.1')
    }
    return text
  }

  origins(name: string): readonly string[] | undefined {
    const text = this.#text(name)
    if (text === undefined) return undefined
    const parts = text.split(',').map((part) => part.trim())
    const bad = parts.find((part) => !isOrigin(part))
    if (bad === undefined) return parts
    const must = 'it must be origins, separated by commas: scheme, host and port, no path, no default port'
    this.wrong(name, text, must, 'https://app.example.com,http://localhost:8080')
    return undefined
  }

  origin(name: string): string | undefined {
    const text = this.#text(name)
    if (text === undefined || isOrigin(text)) return text
    const must = 'it must be an origin: scheme, host and port, no path, no default port'
    this.wrong(name, text, must, 'https://chat.example.com')
    return undefined
  }

  networks(name: string): readonly string[] {
    const text = this.#text(name)
    if (text === undefined) return []
    const parts = text.split(',').map((part) => part.trim())
    if (parts.every(isNetwork)) return parts
    const must = 'it must be networks or addresses, separated by commas'
    this.wrong(name, text, must, '10.0.0.0/8,fd00::/8')
    return []
  }

  nodeName(name: string): string | undefined {
    const text = this.#text(name)
    if (text === undefined || /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text
    const must = 'it must be up to 64 letters, digits, dots, dashes and underscores'
    this.wrong(name, text, must, 'node-1')
    return undefined
  }

  /** The value is never shown: it may hold a password, and one that cannot be read shows it anywhere. */
  redis(name: string): RedisTarget | undefined {
    const text = this.#text(name)
    if (text === undefined) return undefined
    const outcome = readRedisUrl(text)
    if (outcome.ok) return outcome.target
    this.#hidden(name, outcome.must, outcome.example)
    return undefined
  }

  /** The values of these variables are never shown, for one of them is a key, and people mix them up. */
  model(): Config['model'] {
    const [baseUrl, apiKey, model] = MODEL_VARIABLES.map((name) => this.#text(name))
    if (baseUrl !== undefined && !isModelUrl(baseUrl)) {
      const must = 'it must be an http or https address without user, password, query and fragment'
      this.#hidden('OPENAI_BASE_URL', must, 'http://localhost:11434/v1')
    }
    if (apiKey !== undefined && !/^[\x21-\x7e]{1,4096}$/.test(apiKey)) {
      this.#hidden('OPENAI_API_KEY', 'it must be visible ASCII characters without spaces', 'sk-...')
    }
    if (model !== undefined && !/^[\x20-\x7e]{1,256}$/.test(model)) {
      this.#hidden('OPENAI_MODEL', 'it must be the name of a model in ASCII', 'gpt-4o-mini')
    }
    if (baseUrl !== undefined && apiKey !== undefined && model !== undefined)
      return { baseUrl, apiKey, model }
    // Many people have a key in their environment for other programs: that alone must not send anything out.
    const missing = MODEL_VARIABLES.filter((name) => this.#text(name) === undefined)
    if (missing.length < MODEL_VARIABLES.length) {
      this.notes.push(
        `The agent works without a model, because ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not set.`,
      )
    }
    return undefined
  }

  #hidden(name: string, must: string, example: string): void {
    this.problems.push(
      `wsticket: ${name} is not usable (its value is not shown); ${must}. Example: ${example}`,
    )
  }

  #text(name: string): string | undefined {
    const text = this.#environment[name]?.trim()
    return text === '' ? undefined : text
  }
}

function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text
}

function isModelUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && username + password + search + hash === ''
}
