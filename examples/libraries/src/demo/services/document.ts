import * as Y from 'yjs'
import { serveDocument } from '../../y-websocket/server.js'
import type { Service } from '../server.js'

export const documentService: Service = {
  attach({ server, wsticket }) {
    const doc = new Y.Doc()
    const answers = doc.getMap<string>('answers')
    doc.getMap<string>('questions').observe(({ keysChanged }) => {
      for (const key of keysChanged) answers.set(String(key), `document: ${String(key)}`)
    })
    serveDocument(server, wsticket, '/documents/notes', doc)
    server.once('close', () => doc.destroy())
    return undefined
  },
}
