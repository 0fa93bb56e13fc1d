import { describe, expect, it } from 'vitest'
import { ConnectionCloseEvent } from './events.js'
import { SocketEvents } from './socket-events.js'

class Source extends SocketEvents {
  tell(...events: Event[]): void {
    this.fire(...events)
  }
}

const types = ['open', 'message', 'close', 'error', 'statechange'] as const

describe('SocketEvents', () => {
  it.each(types)('calls on%s beside the listeners, once, and not after it is taken away', (type) => {
    const source = new Source()
    const calls: string[] = []
    const handler = () => calls.push('handler')
    expect(source[`on${type}`]).toBeNull()
    source.addEventListener(type, () => calls.push('listener'))
    Reflect.set(source, `on${type}`, () => calls.push('replaced'))
    Reflect.set(source, `on${type}`, handler)
    expect(source[`on${type}`]).toBe(handler)
    source.tell(new Event(type))
    expect(calls).toEqual(['listener', 'handler'])
    Reflect.set(source, `on${type}`, null)
    expect(source[`on${type}`]).toBeNull()
    source.tell(new Event(type))
    expect(calls).toEqual(['listener', 'handler', 'listener'])
  })

  it('takes what is no function for no handler', () => {
    const source = new Source()
    Reflect.set(source, 'onopen', 'nonsense')
    expect(source.onopen).toBeNull()
  })

  it('takes listeners away', () => {
    const source = new Source()
    const calls: string[] = []
    const listener = { handleEvent: () => calls.push('open') }
    source.addEventListener('open', listener)
    source.removeEventListener('open', listener)
    source.tell(new Event('open'))
    expect(calls).toEqual([])
  })

  it('tells an event to everybody before one that a listener causes', () => {
    const source = new Source()
    const calls: string[] = []
    source.addEventListener('open', () => source.tell(new Event('error')))
    for (const type of types) source.addEventListener(type, () => calls.push(type))
    source.tell(new Event('open'), new Event('statechange'))
    expect(calls).toEqual(['open', 'statechange', 'error'])
  })
})

describe('ConnectionCloseEvent', () => {
  it('has the shape of a CloseEvent', () => {
    const event = new ConnectionCloseEvent('close', { code: 3003, reason: 'why', wasClean: true })
    expect(event).toMatchObject({ type: 'close', code: 3003, reason: 'why', wasClean: true })
    expect(event).toBeInstanceOf(Event)
  })
})
