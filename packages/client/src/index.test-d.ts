// Compiled, never run: what a user may and may not write.
import type { RefusalCode } from '@wsticket/protocol'
import { WebSocket as NodeWebSocket } from 'ws'
import {
  type CauseCode,
  type ConnectionState,
  TicketError,
  type TicketErrorCode,
  TicketSocket,
  type TicketSource,
  ticketSource,
} from './index.js'

const url = 'wss://api.example.com/ws'
const tickets = { url: 'https://api.example.com/api/websocket/ticket', credential: () => 'jwt' }

// A drop-in WebSocket: it goes wherever one goes.
const dropIn: WebSocket = new TicketSocket(url, { tickets })
dropIn.onmessage = ({ data }: MessageEvent) => data
export const ready: 0 | 1 | 2 | 3 = new TicketSocket(url, { tickets }).readyState
export const open: 1 = TicketSocket.OPEN

// The snippet of the documentation.
const socket = new TicketSocket(url, { tickets })
socket.addEventListener('message', ({ data }) => data)
socket.addEventListener('statechange', ({ from, to, cause }) => [from.name, to.name, cause.code])
socket.addEventListener('close', ({ code, reason, wasClean }) => [code.toFixed(), reason.trim(), wasClean])
socket.addEventListener('custom', (event) => event.type)
socket.onstatechange = ({ to }) => to.name
socket.send('text')
socket.send(new Uint8Array(2))
socket.send(new Blob())
export const renewed: Promise<{ ref: string | undefined; deadline: number | undefined }> = socket.renew()

// @ts-expect-error a ticket source is not optional
export const without = new TicketSocket(url)
// @ts-expect-error nor is the callback
export const withoutCredential = new TicketSocket(url, { tickets: { url } })
// @ts-expect-error a credential is a text
export const numeric = ticketSource({ url, credential: () => 42 })
// @ts-expect-error objects are no messages
socket.send({ hello: 'world' })
// @ts-expect-error the state changes by itself
socket.state = { name: 'open' }
// @ts-expect-error there is no such event property
socket.addEventListener('statechange', ({ previous }) => previous)

// A state narrows by its name, and every state says why.
export function describe(state: ConnectionState): string {
  const until: number | undefined = state.until
  if (until === undefined) return ''
  if (state.name === 'waiting') return `${state.until}`
  if (state.name === 'open' || state.name === 'renewing') return `${state.ref}`
  const name: 'fetching' | 'connecting' | 'stopped' = state.name
  return `${name} ${state.cause.code}`
}

// Every refusal is an error code, every error code a cause.
const refusal: RefusalCode = 'ticket_used'
export const code: TicketErrorCode = refusal
export const cause: CauseCode = code
export const literal: 'credential_revoked' | TicketErrorCode = new TicketError('credential_revoked').code
// @ts-expect-error codes are a closed list
export const unknownCode = new TicketError('teapot')

// Callbacks of every kind.
export const sources: TicketSource[] = [
  ticketSource(tickets),
  ticketSource({ url, credential: async ({ refresh }) => (refresh ? 'fresh' : 'stale') }),
  ticketSource({ take: () => 'ticket' }),
  ticketSource({ take: async () => 'ticket' }),
]
export const shared: TicketSocket[] = sources.map(
  (source) => new TicketSocket(new URL(url), { tickets: source }),
)

// Other implementations of WebSocket and fetch.
export const onNode: TicketSocket = new TicketSocket(url, {
  tickets,
  WebSocket: NodeWebSocket,
  fetch,
  protocols: ['a'],
})
export const inBrowser: TicketSocket = new TicketSocket(url, {
  tickets,
  WebSocket,
  protocols: 'a',
  random: Math.random,
})
