import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readConnectedMessage } from './connected-message.js'

const message = { type: 'connected', at: 1.5, node: 'node-2' }

describe('readConnectedMessage', () => {
  it('takes the first message of a node that has a name', () => {
    expect(readConnectedMessage(JSON.stringify(message))).toEqual(message)
  })

  it('takes no other message, and none with a field missing or of another type', () => {
    for (const other of [
      { ...message, type: 'agent_started' },
      { ...message, at: '1' },
      { ...message, node: 2 },
    ]) {
      expect(readConnectedMessage(JSON.stringify(other))).toBeUndefined()
    }
    for (const name of Object.keys(message)) {
      const rest = Object.fromEntries(Object.entries(message).filter(([key]) => key !== name))
      expect(readConnectedMessage(JSON.stringify(rest))).toBeUndefined()
    }
  })

  it('gives nothing for frames that are no JSON, whatever they are', () => {
    expect(readConnectedMessage(new ArrayBuffer(2))).toBeUndefined()
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(readConnectedMessage(text)).toBeUndefined()
      }),
    )
  })
})
