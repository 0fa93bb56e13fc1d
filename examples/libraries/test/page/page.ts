// Runs in a real browser: opens lines as a test tells it, and keeps what became of them.
import { ticketSource } from '@wsticket/client'
import type { Line, OpenLine } from '../../src/demo/line.js'
import { eventSourceLine } from '../../src/demo/lines/event-source.js'
import { graphqlLine } from '../../src/demo/lines/graphql-ws.js'
import { partySocketLine } from '../../src/demo/lines/partysocket.js'

const LINES: Readonly<Record<string, OpenLine>> = {
  'event-source': eventSourceLine,
  'graphql-ws': graphqlLine,
  partysocket: partySocketLine,
}

declare global {
  /** What tests call. */
  var rig: typeof pageRig
}

let line: Line | undefined
let reason: string | undefined

const pageRig = {
  open(library: string, credential: string, paceMs: number): void {
    const http = location.origin
    line = LINES[library]?.({
      http,
      ws: http.replace('http', 'ws'),
      tickets: ticketSource({ url: '/api/websocket/ticket', credential: () => credential }),
      paceMs,
      onStopped: (code) => {
        reason = code
      },
    })
  },
  ask: (text: string): Promise<string> | undefined => line?.ask(text),
  protocol: (): string => line?.protocol ?? '',
  stoppedBy: (): string | undefined => reason,
}

globalThis.rig = pageRig
