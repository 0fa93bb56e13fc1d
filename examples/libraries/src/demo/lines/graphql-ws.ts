import { TicketSocket } from '@wsticket/client'
import { ticketWebSocket } from '@wsticket/client/libraries'
import { connectGraphql } from '../../graphql-ws/client.js'
import { Answers, type Line, type LineParts, socketOptions } from '../line.js'

export function graphqlLine(parts: LineParts): Line {
  const { ws, paceMs, onStopped } = parts
  const answers = new Answers()
  const client = connectGraphql(`${ws}/graphql`, ticketWebSocket(parts.tickets, socketOptions(parts)), {
    ...(paceMs === undefined
      ? {}
      : { retryWait: () => new Promise((resolve) => setTimeout(resolve, paceMs)) }),
  })
  let protocol = ''
  client.on('opened', (socket) => {
    if (socket instanceof TicketSocket) protocol = socket.protocol
  })
  // Lives through reconnects: graphql-ws subscribes anew.
  client.subscribe<{ readonly said: string }>(
    { query: 'subscription { said }' },
    {
      next: ({ data }) => answers.take(data?.said ?? ''),
      error: (error) => onStopped(reasonOf(error)),
      complete: () => {},
    },
  )
  return {
    ask: (text) => {
      const query = 'mutation ($text: String!) { say(text: $text) }'
      const answer = answers.to(text)
      client.subscribe(
        { query, variables: { text } },
        { next: () => {}, error: () => {}, complete: () => {} },
      )
      return answer
    },
    get protocol() {
      return protocol
    },
    close: () => {
      Promise.resolve(client.dispose()).catch(() => {})
    },
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Object && 'reason' in error ? String(error.reason) : String(error)
}
