import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { CleanupList } from '../test/cleanups.js'
import { within } from '../test/within.js'

const MAIN = fileURLToPath(new URL('../examples/chat/dist/server/server/main.js', import.meta.url))
// Keys are made and passwords hashed before the first line.
const START_MS = 20_000

/** A chat server in a process of its own. */
export interface ChatProcess {
  /** `http://localhost:<port>` */
  readonly http: string
  readonly ws: string
  /** Everything that it has printed so far. */
  readonly output: () => string
  /** Every ticket and token that was taken here: none of them may ever be printed. */
  readonly secrets: string[]
  /** Ends it by a signal; gives its exit code, if it still had one to give. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>
}

/** How a chat ended that could not start. */
export interface FailedStart {
  readonly code: number | null
  readonly output: string
}

/** Someone who has logged in. */
export interface Login {
  readonly access_token: string
  readonly refresh_token: string
}

/** Starts the built chat on a free port, and stops it afterwards. */
export async function startChat(
  cleanUp: CleanupList,
  environment: Readonly<Record<string, string>> = {},
): Promise<ChatProcess> {
  const child = spawnChat(environment)
  const exited = once(child, 'exit')
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal)
    await exited
    return child.exitCode
  }
  cleanUp(() => end('SIGTERM'))
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const ready = new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      output += `${line}\n`
      const address = /^wsticket chat: (http:\/\/\S+)$/.exec(line)?.[1]
      if (address !== undefined) resolve(address)
    })
    exited.then(() => reject(new Error(`the chat ended instead of starting:\n${output}`)), reject)
  })
  const http = await within('the chat to be ready', ready, START_MS)
  return { http, ws: http.replace('http', 'ws'), output: () => output, secrets: [], end }
}

/** Starts the built chat as it cannot start, and tells how it ended. */
export async function startChatInVain(environment: Readonly<Record<string, string>>): Promise<FailedStart> {
  const child = spawnChat(environment)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  try {
    await within('the chat to end', once(child, 'close'), START_MS)
    return { code: child.exitCode, output }
  } finally {
    child.kill('SIGKILL')
  }
}

function spawnChat(
  environment: Readonly<Record<string, string>>,
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, NODE_ENV: 'development', PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Logs a demo user in. */
export async function logIn(chat: ChatProcess, name: 'ada' | 'alan'): Promise<Login> {
  const answer = await post(chat, '/auth/login', { email: `${name}@example.com`, password: `${name}-demo` })
  if (answer.status !== 200) throw new Error(`login answered ${answer.status}`)
  const login = (await answer.json()) as Login
  chat.secrets.push(login.access_token, login.refresh_token)
  return login
}

/** A ticket, as the HTTP interface gives it. */
export interface Ticket {
  readonly ticket_id: string
  readonly ref: string
  readonly websocket_url: string
}

/** Takes a ticket for whoever the token is of. */
export async function takeTicket(chat: ChatProcess, token: string, wishes: object = {}): Promise<Ticket> {
  const answer = await post(chat, '/api/websocket/ticket', wishes, token)
  if (answer.status !== 201)
    throw new Error(`the ticket route answered ${answer.status}: ${await answer.text()}`)
  const ticket = (await answer.json()) as Ticket
  chat.secrets.push(ticket.ticket_id)
  return ticket
}

/** Posts JSON. */
export function post(chat: ChatProcess, path: string, body: object, token?: string): Promise<Response> {
  return fetch(chat.http + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
}
