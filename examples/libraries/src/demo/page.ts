// The page of `npm run demo -- event-source`: what one tab says, all tabs hear.
import { ticketSource } from '@wsticket/client'
import { eventSourceLine } from './lines/event-source.js'

const show = (text: string): void => {
  document.body.append(Object.assign(document.createElement('p'), { textContent: text }))
}

const line = eventSourceLine({
  http: location.origin,
  ws: '',
  tickets: ticketSource({ url: '/api/websocket/ticket', credential: () => 'demo.ada.home' }),
  onStopped: (reason) => show(`stopped: ${reason}`),
})
const field = Object.assign(document.createElement('input'), {
  placeholder: 'Say something',
  ariaLabel: 'Message',
})
field.addEventListener('change', () => {
  line.ask(field.value).then(show, () => show('The server is away.'))
  field.value = ''
})
document.body.append(field)
