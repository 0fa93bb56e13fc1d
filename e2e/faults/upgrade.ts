import type { IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import type { RedeemCall } from '../../test/ticket-history/history.js'
import { ATTEMPT_HEADER } from './messages.js'
import { refusalSeen } from './worker/calls.mjs'

/** So long a client waits for the answer to its upgrade: longer than a node takes to refuse. */
const PATIENCE_MS = 5000

/** What came of an upgrade; `close` when the socket is no longer needed. */
export interface UpgradeOutcome {
  readonly outcome: RedeemCall['outcome']
  readonly close: () => void
}

/** Brings a ticket to a node as a client does: over HTTP, by a WebSocket. */
export function upgrade(port: number, ticket: string, attempt: string): Promise<UpgradeOutcome> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['wsticket.v1', `wsticket.${ticket}`], {
    headers: { [ATTEMPT_HEADER]: attempt },
    handshakeTimeout: PATIENCE_MS,
  })
  const close = (): void => socket.terminate()
  return new Promise((resolve) => {
    socket.once('open', () => resolve({ outcome: { kind: 'admitted' }, close }))
    // No answer at all: whether the ticket was redeemed, nobody knows.
    socket.on('error', () => resolve({ outcome: { kind: 'indeterminate' }, close }))
    socket.once('unexpected-response', (_request: unknown, response: IncomingMessage) => {
      codeOf(response).then(
        (code) => resolve({ outcome: refusalSeen(code), close }),
        () => resolve({ outcome: { kind: 'indeterminate' }, close }),
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
