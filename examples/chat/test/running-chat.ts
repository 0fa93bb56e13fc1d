import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { PasswordHasher } from '../src/auth/passwords.js'
import type { ChatServer } from '../src/server/chat-server.js'
import { run } from '../src/server/run.js'
import { jsonOf, textOf } from './helpers.js'

/** The documents that the agent of a test searches. */
export const DOCUMENTS: string = fileURLToPath(new URL('documents', import.meta.url))

/** A chat server in this process. */
export interface RunningChat {
  /** `http://localhost:<port>` */
  readonly address: string
  /** All that it has written to its log. */
  readonly logged: () => string
  /** What it has printed for people. */
  readonly printed: readonly string[]
  /** Stops it as SIGTERM would; done after the test at the latest. */
  readonly stop: () => Promise<void>
}

/** What became of a try to start one. */
export interface StartAttempt {
  readonly server: ChatServer | undefined
  readonly printed: readonly string[]
  readonly complaints: readonly string[]
  readonly logged: readonly string[]
}

/** Someone who has signed in. */
export interface SignedIn {
  readonly access: string
  readonly refresh: string
  readonly bearer: Readonly<Record<string, string>>
}

/** Starts a chat server on a free port, as the environment says. */
export async function startChat(environment: Readonly<Record<string, string>> = {}): Promise<RunningChat> {
  const attempt = await tryStartChat(environment)
  const { server, printed } = attempt
  if (server === undefined) throw new Error(attempt.complaints.join('\n'))
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => (stopping ??= server.close())
  onTestFinished(stop)
  return { address: server.address, logged: () => attempt.logged.join(''), printed, stop }
}

/** The same, for one that may not start. */
export async function tryStartChat(
  environment: Readonly<Record<string, string>>,
  options: { readonly redisStartMs?: number } = {},
): Promise<StartAttempt> {
  const [printed, complaints, logged]: [string[], string[], string[]] = [[], [], []]
  const logTo = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      logged.push(chunk.toString())
      done()
    },
  })
  const server = await run({
    environment: { NODE_ENV: 'development', PORT: '0', ...environment },
    documents: DOCUMENTS,
    page: '/nowhere',
    print: (line) => printed.push(line),
    complain: (line) => complaints.push(line),
    logTo,
    // What is tested here is not the strength of a hash.
    hasher: new PasswordHasher({ cost: { N: 2, r: 1, p: 1 } }),
    ...options,
  })
  return { server, printed, complaints, logged }
}

/** Posts JSON. */
export async function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

/** Signs a demo user in. */
export async function signIn(chat: RunningChat, name: 'ada' | 'alan'): Promise<SignedIn> {
  const credentials = { email: `${name}@example.com`, password: `${name}-demo` }
  const body = await jsonOf(await post(`${chat.address}/auth/login`, credentials))
  const access = textOf(body, 'access_token')
  return { access, refresh: textOf(body, 'refresh_token'), bearer: { authorization: `Bearer ${access}` } }
}
