import { ticketWebSocket } from '@wsticket/client/libraries'
import * as Y from 'yjs'
import { connectDocument } from '../../y-websocket/client.js'
import { Answers, type Line, type LineParts, socketOptions } from '../line.js'

export function documentLine(parts: LineParts): Line {
  const { ws, paceMs, onStopped } = parts
  const answers = new Answers()
  const doc = new Y.Doc()
  const provider = connectDocument(
    `${ws}/documents`,
    'notes',
    doc,
    ticketWebSocket(parts.tickets, socketOptions(parts)),
    {
      disableBc: true,
      ...(paceMs === undefined ? {} : { maxBackoffTime: paceMs }),
    },
  )
  provider.on('closed', ({ reason }) => onStopped(reason))
  const answered = doc.getMap<string>('answers')
  answered.observe(({ keysChanged }) => {
    for (const key of keysChanged) answers.take(answered.get(String(key)) ?? '')
  })
  return {
    ask: (text) => {
      doc.getMap<string>('questions').set(text, text)
      return answers.to(text)
    },
    get protocol() {
      return provider.ws?.protocol ?? ''
    },
    close: () => {
      provider.destroy()
      doc.destroy()
    },
  }
}
