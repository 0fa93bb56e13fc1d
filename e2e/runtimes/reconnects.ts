// Connects, sends, loses the connection as often as the server wants, and comes back: with what the runtime brings.
import { type SocketConstructor, TicketSocket } from '@wsticket/client'
import { TicketSocket as CoreTicketSocket } from '@wsticket/client/core'

interface Order {
  readonly url: string
  readonly ticketUrl: string
  readonly credential: string
  readonly losses: number
  readonly core: boolean
}

declare const process: { readonly argv: readonly string[] }

// It is written by the test beside this file.
const order = JSON.parse(process.argv.at(-1) ?? '{}') as Order
const log: string[] = []
const Socket = order.core ? CoreTicketSocket : TicketSocket
const socket = new Socket(order.url, {
  tickets: { url: order.ticketUrl, credential: () => order.credential },
  WebSocket: await webSocket(),
})
let opened = 0
socket.addEventListener('statechange', ({ from, to, cause }) => {
  log.push(`${from.name} > ${to.name}: ${cause.code}`)
})
socket.addEventListener('open', () => {
  opened++
  socket.send(`hello ${opened}`)
})
socket.addEventListener('message', ({ data }) => {
  if (data !== `hello ${opened}`) return
  if (opened <= order.losses) socket.send('cut me')
  else socket.close(1000, 'done')
})
socket.addEventListener('close', ({ code }) => {
  if (socket.readyState !== TicketSocket.CLOSED) return
  // biome-ignore lint/suspicious/noConsole: whoever started this reads it
  console.log(JSON.stringify({ opened, code, log }))
})

/** Node before 22 has none of its own. */
async function webSocket(): Promise<SocketConstructor> {
  return globalThis.WebSocket ?? (await import('ws')).WebSocket
}
