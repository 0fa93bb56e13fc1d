// Compiled, never run: what a user may and may not write.
import { createElement, type ReactElement } from 'react'
import { ticketSource } from '../index.js'
import { TicketSocketProvider, type TicketSocketState, ticketAuthEnabled, useTicketSocket } from './index.js'

const url = 'wss://api.example.com/ws'
const tickets = { url: 'https://api.example.com/api/websocket/ticket', credential: () => 'jwt' }

// The snippet of the documentation.
export function SignIn(): string {
  const { state, send } = useTicketSocket({ onMessage: ({ data }) => data })
  const taken: boolean = send('hello')
  if (state.name === 'stopped') return state.cause.code
  // @ts-expect-error nothing has caused a socket that is not there
  if (state.name === 'idle') return state.cause.code
  return `${taken} ${state.cause.code}`
}

/** Takes a state as its property. */
export function because(state: TicketSocketState): string | undefined {
  return state.cause?.code
}

export function All(): string {
  const { state, send, restart, socket } = useTicketSocket({
    onOpen: (event) => event.type,
    onClose: ({ code, reason }) => `${code} ${reason}`,
    onStateChange: ({ from, to, cause }) => `${from.name} ${to.name} ${cause.code}`,
  })
  restart()
  send(new Uint8Array(2))
  // @ts-expect-error objects are no messages
  send({ hello: 'world' })
  // @ts-expect-error there is no socket on a server
  void socket.renew()
  return state.name === 'waiting' || state.name === 'open' ? `${socket?.session?.deadline}` : ''
}

// A socket of its own, with everything a TicketSocket takes.
export function Own(): void {
  useTicketSocket()
  useTicketSocket({ url, tickets })
  useTicketSocket({ url: new URL(url), tickets, identity: undefined, enabled: false, protocols: ['chat.v2'] })
  useTicketSocket({ url, tickets: ticketSource(tickets), autoRenew: false, onMessage: () => {} })
  // @ts-expect-error an address alone does not connect
  useTicketSocket({ url })
  // @ts-expect-error nor do tickets alone
  useTicketSocket({ tickets })
  // @ts-expect-error there is no such event
  useTicketSocket({ onError: () => {} })
}

export const provider: ReactElement = createElement(
  TicketSocketProvider,
  { url, tickets, identity: 'ada', enabled: true },
  'children',
)
// @ts-expect-error tickets are not optional
createElement(TicketSocketProvider, { url })

export const flag: boolean = ticketAuthEnabled(process.env.NEXT_PUBLIC_ENABLE_TICKET_AUTH, undefined)
// @ts-expect-error a flag is a text, as a bundler inlines it
ticketAuthEnabled(true)
