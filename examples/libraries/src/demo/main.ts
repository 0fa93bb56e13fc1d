// npm run demo -w wsticket-example-libraries -- <library>: a server and a client in one process, and what becomes of them
// when the connection is cut, the server crashes, the ticket route is away, and the login ends.
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ticketSource } from '@wsticket/client'
import { WebSocket } from 'ws'
import type { OpenLine } from './line.js'
import { graphqlLine } from './lines/graphql-ws.js'
import { partySocketLine } from './lines/partysocket.js'
import { reconnectingLine } from './lines/reconnecting-websocket.js'
import { socketIoLine } from './lines/socket-io.js'
import { documentLine } from './lines/y-websocket.js'
import { newJournal, type Service, startDemoServer } from './server.js'
import { chatService } from './services/chat.js'
import { documentService } from './services/document.js'
import { eventService } from './services/events.js'
import { graphqlService } from './services/graphql.js'
import { socketIoService } from './services/socket-io.js'

const LIBRARIES: Readonly<Record<string, readonly [OpenLine, Service]>> = {
  partysocket: [partySocketLine, chatService],
  'reconnecting-websocket': [reconnectingLine, chatService],
  'graphql-ws': [graphqlLine, graphqlService],
  'socket-io': [socketIoLine, socketIoService],
  'y-websocket': [documentLine, documentService],
}

const OUTAGE_MS = 3000
const POLL_MS = 20

const say = (text: string): void => void process.stdout.write(`${text}\n`)

async function show(open: OpenLine, service: Service): Promise<void> {
  const journal = newJournal()
  let demo = await startDemoServer(service, { journal })
  const { http, ws, port } = demo
  let stopped: string | undefined
  const line = open({
    http,
    ws,
    WebSocket,
    tickets: ticketSource({ url: `${http}/api/websocket/ticket`, credential: () => 'demo.ada.home' }),
    onStopped: (reason) => {
      stopped = reason
    },
  })
  const talks = async (): Promise<void> => {
    const tickets = journal.presented.length
    // The first connection may have come already.
    while (journal.presented.length === tickets && tickets !== talked + 1) await pause(POLL_MS)
    talked = journal.presented.length
    say(`  connected with ticket ${journal.presented.at(-1)}; ${await line.ask(`hello ${talked}`)}`)
  }
  let talked = 0

  await talks()
  say('The connection is cut.')
  demo.cut()
  await talks()
  say('The server crashes and starts again.')
  await demo.kill()
  demo = await startDemoServer(service, { journal, port })
  await talks()
  say(`The ticket route answers 503 for ${OUTAGE_MS / 1000} seconds, and the connection is cut.`)
  const { asked } = journal
  demo.outage = true
  demo.cut()
  await pause(OUTAGE_MS)
  demo.outage = false
  await talks()
  say(`  asked for a ticket ${journal.asked - asked} times`)
  say('The login ends.')
  await demo.wsticket.revoke({ subject: 'ada', login: 'home' })
  while (stopped === undefined) await pause(POLL_MS)
  say(`  stopped: ${stopped}`)
  line.close()
  await demo.kill()
}

/** Serves the page of the EventSource, which only browsers have. */
async function showPage(): Promise<void> {
  const { rolldown } = await import('rolldown')
  const bundle = await rolldown({ input: fileURLToPath(new URL('page.js', import.meta.url)) })
  const { output } = await bundle.generate()
  const demo = await startDemoServer(eventService, { page: output[0].code })
  say(`Open ${demo.http}/ in a browser. Ctrl-C ends it.`)
}

const name = process.argv[2] ?? ''
const library = LIBRARIES[name]
if (library !== undefined) await show(...library)
else if (name === 'event-source') await showPage()
else {
  say(`Which one? ${[...Object.keys(LIBRARIES), 'event-source'].join(', ')}`)
  process.exitCode = 1
}
