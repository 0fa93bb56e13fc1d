import type { IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import type { RedeemCall } from '../../test/ticket-history/history.js'
import { ATTEMPT_HEADER, type Issued, type StoreName } from './messages.js'
import { moment, refusalSeen } from './worker/calls.mjs'
import type { WorkerPool } from './worker-pool.js'

/** So long a client waits for the answer to its upgrade: longer than a node takes to refuse. */
const PATIENCE_MS = 5000

/** A node, as its clients reach it. */
export interface Address {
  readonly pool: WorkerPool
  readonly worker: number
  readonly store: StoreName
}

/** Brings a ticket to a node as a client does, over HTTP by a WebSocket, and writes down what the client sees. */
export async function upgrade(
  { pool, worker, store }: Address,
  { ref, ticket }: Pick<Issued, 'ref' | 'ticket'>,
  attempt: string,
): Promise<RedeemCall['outcome']> {
  const began = moment()
  pool.visit(worker, { ref, attempt, began })
  const outcome = await dial(pool.port(worker, store), ticket, attempt)
  const call = {
    name: 'redeem',
    process: 'client',
    began,
    ended: moment(),
    ref,
    attempt,
    at: 'door',
  } as const
  pool.record({ ...call, outcome })
  return outcome
}

function dial(port: number, ticket: string, attempt: string): Promise<RedeemCall['outcome']> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['wsticket.v1', `wsticket.${ticket}`], {
    headers: { [ATTEMPT_HEADER]: attempt },
    handshakeTimeout: PATIENCE_MS,
  })
  return new Promise((resolve) => {
    socket.once('open', () => {
      socket.terminate()
      resolve({ kind: 'admitted' })
    })
    // No answer at all: whether the ticket was redeemed, nobody knows.
    socket.on('error', () => resolve({ kind: 'indeterminate' }))
    socket.once('unexpected-response', (_request: unknown, response: IncomingMessage) => {
      codeOf(response).then(
        (code) => resolve(refusalSeen(code)),
        () => resolve({ kind: 'indeterminate' }),
      )
    })
  })
}

async function codeOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8')
  let body = ''
  for await (const chunk of response) body += String(chunk)
  const problem: unknown = JSON.parse(body)
  if (
    typeof problem === 'object' &&
    problem !== null &&
    'code' in problem &&
    typeof problem.code === 'string'
  )
    return problem.code
  throw new Error('the refusal has no code')
}
