import { describe, expect, test } from 'vitest'
import { manualClock, settled } from '../conformance/index.js'
import { EventHub } from './hub.js'

function setUp() {
  const hub = new EventHub(manualClock(5000))
  const failures: unknown[] = []
  hub.on('handler.failed', ({ where, message }) => failures.push({ where, message }))
  return { hub, failures }
}

describe('EventHub', () => {
  test('tells listeners of a name, and those of every name, in order, with the time', () => {
    const { hub } = setUp()
    const heard: unknown[] = []
    hub.on('ticket.revoked', (event) => heard.push(['first', event]))
    hub.onAny((name, event) => heard.push([name, event]))
    hub.on('ticket.revoked', (event) => heard.push(['second', event]))
    hub.on('subject.revoked', (event) => heard.push(['other', event]))
    hub.emit('ticket.revoked', { ref: 'r' })
    const event = { ref: 'r', at: 5000 }
    expect(heard).toEqual([
      ['first', event],
      ['second', event],
      ['ticket.revoked', event],
    ])
  })

  test('says nothing more to who has ended it, and goes on for others', () => {
    const { hub } = setUp()
    const heard: string[] = []
    const end = hub.on('ticket.revoked', () => heard.push('ended'))
    const endAny = hub.onAny(() => heard.push('ended too'))
    hub.on('ticket.revoked', () => heard.push('stays'))
    end()
    endAny()
    end()
    hub.emit('ticket.revoked', { ref: 'r' })
    expect(heard).toEqual(['stays'])
  })

  test('calls the same function twice if it was given twice, and ends each on its own', () => {
    const { hub } = setUp()
    let calls = 0
    const listener = (): void => {
      calls += 1
    }
    const end = hub.on('ticket.revoked', listener)
    hub.on('ticket.revoked', listener)
    hub.emit('ticket.revoked', { ref: 'r' })
    end()
    hub.emit('ticket.revoked', { ref: 'r' })
    expect(calls).toBe(3)
  })

  test('lets a listener that throws disturb nobody, and tells of it', () => {
    const { hub, failures } = setUp()
    const heard: string[] = []
    hub.on('ticket.revoked', () => {
      throw new Error('broken')
    })
    hub.on('ticket.revoked', () => heard.push('next'))
    hub.onAny((name) => heard.push(name))
    hub.emit('ticket.revoked', { ref: 'r' })
    expect(heard).toEqual(['handler.failed', 'next', 'ticket.revoked'])
    expect(failures).toEqual([{ where: 'listener of ticket.revoked', message: 'broken' }])
  })

  // An async function fits where nothing is expected back; its rejection ended the process.
  test('lets an async listener that rejects disturb nobody, and tells of it', async () => {
    const { hub, failures } = setUp()
    const rejecting = (message: string) => (): void =>
      Promise.reject(new Error(message)) as unknown as undefined
    hub.on('ticket.revoked', rejecting('broken later'))
    hub.on('handler.failed', rejecting('broken for good'))
    hub.emit('ticket.revoked', { ref: 'r' })
    await settled()
    expect(failures).toEqual([{ where: 'listener of ticket.revoked', message: 'broken later' }])
  })

  test('does not go in circles when a listener of failures fails', () => {
    const { hub } = setUp()
    let calls = 0
    hub.onAny(() => {
      calls += 1
      throw new Error('always broken')
    })
    hub.on('handler.failed', () => {
      throw new Error('broken as well')
    })
    hub.emit('ticket.revoked', { ref: 'r' })
    // Once for the event, once for its own failure.
    expect(calls).toBe(2)
  })

  test('tells those that were there when it happened, though listeners come and go meanwhile', () => {
    const { hub } = setUp()
    const heard: string[] = []
    const end = hub.on('ticket.revoked', () => {
      end()
      hub.on('ticket.revoked', () => heard.push('new'))
      heard.push('old')
    })
    hub.emit('ticket.revoked', { ref: 'r' })
    expect(heard).toEqual(['old'])
    hub.emit('ticket.revoked', { ref: 'r' })
    expect(heard).toEqual(['old', 'new'])
  })
})
