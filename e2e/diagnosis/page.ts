// A page that connects with a diagnosis, and keeps what it is told of each wait.
import { TicketSocket } from '@wsticket/client'
import { diagnosis, explain } from '@wsticket/client/diagnosis'

declare global {
  /** Why the socket waited, in the order in which it learned it. */
  var told: { readonly code: string; readonly detail: string | undefined; readonly sentence: string }[]
}

globalThis.told = []
const parameters = new URLSearchParams(location.search)
const at = parameters.get('at') ?? location.host
const socket = new TicketSocket(`ws://${at}/ws`, {
  tickets: { url: `http://${at}/api/websocket/ticket`, credential: () => parameters.get('jwt') ?? '' },
  diagnose: diagnosis(),
  // Long enough for an answer before the next attempt.
  random: () => 0.999,
})
socket.addEventListener('statechange', ({ to, cause }) => {
  if (to.name === 'waiting') told.push({ code: cause.code, detail: cause.detail, sentence: explain(cause) })
})
