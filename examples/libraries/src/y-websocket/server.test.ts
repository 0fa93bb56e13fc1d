import { ticketWebSocket } from '@wsticket/client/libraries'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { dial } from '../../../../test/socket-probe.js'
import { eventually } from '../../test/eventually.js'
import { ticketsAt } from '../../test/here.js'
import { type DemoServer, type Service, startDemoServer } from '../demo/server.js'
import { connectDocument } from './client.js'
import { serveDocument } from './server.js'

async function start(): Promise<{ demo: DemoServer; doc: Y.Doc }> {
  const doc = new Y.Doc()
  const service: Service = {
    attach({ server, wsticket }) {
      serveDocument(server, wsticket, '/documents/notes', doc, ({ principal }) => principal.subject === 'ada')
      serveDocument(server, wsticket, '/documents/secrets', new Y.Doc())
      return undefined
    },
  }
  const demo = await startDemoServer(service)
  onTestFinished(async () => {
    await demo.kill()
    doc.destroy()
  })
  return { demo, doc }
}

function connect({ http, ws }: DemoServer, user: string) {
  const doc = new Y.Doc()
  const tickets = ticketsAt(http, `demo.${user}.home`, '/documents/notes')
  const provider = connectDocument(`${ws}/documents`, 'notes', doc, ticketWebSocket(tickets, { WebSocket }), {
    disableBc: true,
  })
  onTestFinished(() => {
    provider.destroy()
    doc.destroy()
  })
  return { doc, provider, text: doc.getText('notes') }
}

it('keeps two documents and the presence of their users the same', async () => {
  const { demo, doc } = await start()
  doc.getText('notes').insert(0, 'from the server')
  const [ada, alan] = [connect(demo, 'ada'), connect(demo, 'alan')]
  await eventually(() => expect(alan.text.toString()).toBe('from the server'))
  ada.text.insert(0, 'Ada, ')
  await eventually(() => expect(alan.text.toString()).toBe('Ada, from the server'))
  expect(doc.getText('notes').toString()).toBe('Ada, from the server')

  ada.provider.awareness.setLocalState({ name: 'Ada' })
  const present = (): unknown => alan.provider.awareness.getStates().get(ada.doc.clientID)
  await eventually(() => expect(present()).toEqual({ name: 'Ada' }))
  // One who comes later sees her, too, and none sees her when her connection has broken.
  const late = connect(demo, 'alan')
  await eventually(() =>
    expect(late.provider.awareness.getStates().get(ada.doc.clientID)).toEqual({ name: 'Ada' }),
  )
  ada.provider.shouldReconnect = () => false
  demo.cut()
  await eventually(() => expect(alan.provider.synced).toBe(true))
  await eventually(() => expect(present()).toBeUndefined())
})

it('takes no changes from who may only read', async () => {
  const { demo, doc } = await start()
  const [ada, alan] = [connect(demo, 'ada'), connect(demo, 'alan')]
  await eventually(() => expect([ada.provider.synced, alan.provider.synced]).toEqual([true, true]))
  alan.text.insert(0, 'from Alan')
  // Comes after it, and arrives.
  alan.provider.awareness.setLocalState({ name: 'Alan' })
  await eventually(() =>
    expect(ada.provider.awareness.getStates().get(alan.doc.clientID)).toEqual({ name: 'Alan' }),
  )
  expect(doc.getText('notes').toString()).toBe('')
})

it('lets a ticket for one document open no other', async () => {
  const { demo } = await start()
  const protocols = await ticketsAt(demo.http, 'demo.ada.home', '/documents/notes').protocols()
  await expect(dial(`${demo.ws}/documents/secrets`, { protocols })).rejects.toThrow('audience_mismatch')
  await dial(`${demo.ws}/documents/notes`, { protocols })
})

it('answers who asks for presence, and closes a socket whose messages make no sense', async () => {
  const { demo } = await start()
  const tickets = ticketsAt(demo.http, 'demo.ada.home', '/documents/notes')
  const socket = await dial(`${demo.ws}/documents/notes`, { protocols: await tickets.protocols() })
  expect([await socket.next(), await socket.next()]).toEqual(['<4 bytes>', '<3 bytes>'])
  socket.send(Uint8Array.of(3))
  expect(await socket.next()).toBe('<3 bytes>')
  // Of a kind that it does not know, and may be told one day.
  socket.send(Uint8Array.of(9))
  socket.send(Uint8Array.of(0, 2, 200))
  expect(await socket.end()).toEqual({ code: 1007, reason: '' })
})
