import type { Server } from 'node:http'
import type { Session, Wsticket } from '@wsticket/server'
import { admitUpgrades } from '@wsticket/server/ws'
import type { WebSocket } from 'ws'
import {
  Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from 'y-protocols/awareness'
import { messageYjsSyncStep1, messageYjsSyncStep2, messageYjsUpdate } from 'y-protocols/sync'
import * as Y from 'yjs'
import { FrameReader, frame } from './frames.js'

// What a message of y-websocket begins with.
const SYNC = 0
const AWARENESS = 1
const QUERY_AWARENESS = 3
// RFC 6455, 7.4.1: data that makes no sense.
const UNSUPPORTED_DATA = 1007

interface AwarenessChange {
  readonly added: readonly number[]
  readonly updated: readonly number[]
  readonly removed: readonly number[]
}

/**
 * Serves one document to the providers of y-websocket that bring a ticket for its path. Each document is a route with an
 * audience of its own, so a ticket for one opens no other.
 */
export function serveDocument(
  server: Server,
  wsticket: Wsticket,
  path: string,
  doc: Y.Doc,
  mayWrite: (session: Session) => boolean = () => true,
): void {
  const awareness = new Awareness(doc)
  awareness.setLocalState(null)
  /** The sockets, and whose presence each of them told. */
  const clients = new Map<unknown, { readonly socket: WebSocket; readonly present: Set<number> }>()

  const presence = (ids: readonly number[]): Uint8Array =>
    frame(AWARENESS, encodeAwarenessUpdate(awareness, [...ids]))
  const broadcast = (message: Uint8Array): void => {
    for (const { socket } of clients.values()) socket.send(message)
  }
  doc.on('update', (update: Uint8Array) => broadcast(frame(SYNC, messageYjsUpdate, update)))
  awareness.on('update', ({ added, updated, removed }: AwarenessChange, from: unknown) => {
    const present = clients.get(from)?.present
    for (const id of added) present?.add(id)
    for (const id of removed) present?.delete(id)
    broadcast(presence([...added, ...updated, ...removed]))
  })

  const receive = (socket: WebSocket, session: Session, message: Uint8Array): void => {
    const reader = new FrameReader(message)
    const kind = reader.number()
    if (kind === AWARENESS) applyAwarenessUpdate(awareness, reader.bytes(), socket)
    else if (kind === QUERY_AWARENESS) socket.send(presence([...awareness.getStates().keys()]))
    else if (kind === SYNC) {
      const step = reader.number()
      if (step === messageYjsSyncStep1) {
        socket.send(frame(SYNC, messageYjsSyncStep2, Y.encodeStateAsUpdate(doc, reader.bytes())))
      } else if (mayWrite(session)) Y.applyUpdate(doc, reader.bytes(), socket)
    }
  }

  admitUpgrades(server, wsticket, { path }, (socket, session) => {
    const present = new Set<number>()
    clients.set(socket, { socket, present })
    socket.on('message', (data) => {
      try {
        // ws hands over one Buffer, unless its binaryType is changed.
        if (Buffer.isBuffer(data)) receive(socket, session, data)
      } catch {
        socket.close(UNSUPPORTED_DATA)
      }
    })
    socket.once('close', () => {
      clients.delete(socket)
      removeAwarenessStates(awareness, [...present], null)
    })
    socket.send(frame(SYNC, messageYjsSyncStep1, Y.encodeStateVector(doc)))
    socket.send(presence([...awareness.getStates().keys()]))
  })
}
