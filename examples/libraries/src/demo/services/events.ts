import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { eventStream } from '../../event-source/server.js'
import type { Service } from '../server.js'

export const eventService: Service = {
  audiences: ['/events'],
  attach({ wsticket, origins }) {
    const said = new EventEmitter()
    let id = 0
    const stream = eventStream(wsticket, { path: '/events', origins }, (events, { principal, signal }) => {
      const tell = (text: string): void => events.send(`${principal.subject}: ${text}`, String(++id))
      // A real service would send what was missed.
      if (events.lastEventId !== '') tell(`back after ${events.lastEventId}`)
      said.on('said', tell)
      signal.addEventListener('abort', () => said.off('said', tell))
    })
    return async (request, response) => {
      if (await stream(request, response)) return true
      if (request.method !== 'POST' || request.url !== '/say') return false
      said.emit('said', await textOf(request))
      response.writeHead(204).end()
      return true
    }
  },
}

async function textOf(request: IncomingMessage): Promise<string> {
  request.setEncoding('utf8')
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}
