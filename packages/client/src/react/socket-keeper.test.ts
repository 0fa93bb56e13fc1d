import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import {
  type MisbehavingServer,
  startMisbehavingServer,
  ticketNumber,
} from '../../test/misbehaving-server.js'
import { ticketSource } from '../index.js'
import { type SocketConnection, type SocketHandlers, SocketKeeper } from './socket-keeper.js'

let server: MisbehavingServer

beforeEach(async () => {
  server = await startMisbehavingServer()
})

afterEach(async () => {
  await server.stop()
})

function connection(more: Partial<SocketConnection> = {}): SocketConnection {
  return {
    url: server.url,
    tickets: { url: server.ticketUrl, credential: () => 'opaque' },
    WebSocket,
    random: () => 0,
    ...more,
  }
}

/** A keeper as a component has it once it is on the screen. */
function keep(options: SocketConnection, before?: SocketKeeper): SocketKeeper {
  const keeper = new SocketKeeper(options, before)
  keeper.options = options
  return keeper
}

function held(more: Partial<SocketConnection> = {}): { keeper: SocketKeeper; release: () => void } {
  const keeper = keep(connection(more))
  const release = keeper.hold()
  onTestFinished(release)
  return { keeper, release }
}

/** A busy machine takes its time; only a failing test waits for all of it. */
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000 })
const name = (keeper: SocketKeeper): string => keeper.snapshot().state.name
const open = (keeper: SocketKeeper): Promise<void> => eventually(() => expect(name(keeper)).toBe('open'))

describe('a SocketKeeper', () => {
  it('opens a socket when it is first held, and closes it when nobody holds it any more', async () => {
    const keeper = keep(connection())
    expect(keeper.snapshot()).toEqual({ state: { name: 'idle' }, socket: undefined })
    const [first, second] = [keeper.hold(), keeper.hold()]
    expect(name(keeper)).toBe('fetching')
    await open(keeper)
    const closed = new Promise((resolve) => server.sockets[0]?.once('close', resolve))
    first()
    await Promise.resolve()
    expect(name(keeper)).toBe('open')
    second()
    expect(await closed).toBe(1000)
    expect(name(keeper)).toBe('idle')
  })

  it('stays with its socket when it is let go and taken again at once, as StrictMode does', async () => {
    const keeper = keep(connection())
    keeper.hold()()
    onTestFinished(keeper.hold())
    const { socket } = keeper.snapshot()
    await open(keeper)
    expect(keeper.snapshot().socket).toBe(socket)
    expect(server.presented).toEqual([ticketNumber(1).ticket])
    expect(server.requests).toHaveLength(1)
  })

  it('opens another socket when it is held again later', async () => {
    const { keeper, release } = held()
    await open(keeper)
    release()
    await Promise.resolve()
    expect(name(keeper)).toBe('idle')
    onTestFinished(keeper.hold())
    await open(keeper)
    expect(server.presented).toEqual([ticketNumber(1).ticket, ticketNumber(2).ticket])
  })

  it('tells its watchers of each change of state, and keeps one snapshot in between', async () => {
    const keeper = keep(connection())
    const seen: string[] = []
    const forget = keeper.subscribe(() => seen.push(name(keeper)))
    await open(keeper)
    expect(keeper.snapshot()).toBe(keeper.snapshot())
    expect(seen).toEqual(['fetching', 'connecting', 'open'])
    forget()
    await Promise.resolve()
    expect(name(keeper)).toBe('idle')
    expect(seen).toHaveLength(3)
  })

  it('has no socket while it is not enabled, and sends nothing', () => {
    const { keeper } = held({ enabled: false })
    expect(name(keeper)).toBe('idle')
    expect(keeper.send('hello')).toBe(false)
    expect(name(keeper)).toBe('idle')
  })

  it('belongs to one address, one identity, and to being enabled', () => {
    const keeper = keep(connection({ identity: 'ada' }))
    expect(keeper.isFor(connection({ identity: 'ada', enabled: true, random: () => 1 }))).toBe(true)
    expect(keeper.isFor(connection({ identity: 'ada', url: new URL(server.url) }))).toBe(true)
    expect(keeper.isFor(connection({ identity: 'alan' }))).toBe(false)
    expect(keeper.isFor(connection({ identity: 'ada', enabled: false }))).toBe(false)
    expect(keeper.isFor(connection({ identity: 'ada', url: `${server.url}?room=2` }))).toBe(false)
  })

  it('asks the credential callback of the latest render', async () => {
    const { keeper } = held()
    keeper.options = connection({ tickets: { url: server.ticketUrl, credential: () => 'the-latest' } })
    await open(keeper)
    expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer the-latest'])
  })

  it('lets a source forget what it fetched when the next user comes, and only then', async () => {
    const tickets = ticketSource({ url: server.ticketUrl, credential: () => 'opaque', reusable: true })
    const clear = vi.spyOn(tickets, 'clear')
    const ada = keep(connection({ tickets, identity: 'ada' }))
    const release = ada.hold()
    await open(ada)
    const elsewhere = connection({ tickets, identity: 'ada', url: `${server.url}?room=2` })
    onTestFinished(keep(elsewhere, ada).hold())
    expect(clear).not.toHaveBeenCalled()

    const alan = keep(connection({ tickets, identity: 'alan' }), ada)
    onTestFinished(alan.hold())
    onTestFinished(alan.hold())
    release()
    expect(clear).toHaveBeenCalledTimes(1)
    await open(alan)
    expect(server.presented).toContain(ticketNumber(2).ticket)
  })
})

describe('what is sent through a SocketKeeper', () => {
  it('waits for a connection, also when a child sends before its parents hold the keeper', async () => {
    const keeper = keep(connection())
    expect(keeper.send('from a child')).toBe(true)
    onTestFinished(keeper.hold())
    await open(keeper)
    expect(keeper.send('later')).toBe(true)
    await eventually(() => expect(server.received).toEqual(['from a child', 'later']))
    expect(server.presented).toHaveLength(1)
  })

  it('opens nothing any more after the last one has let go', async () => {
    const { keeper, release } = held()
    await open(keeper)
    release()
    await Promise.resolve()
    expect(keeper.send('too late')).toBe(false)
    expect(name(keeper)).toBe('idle')
  })

  it('is a mistake while a component is rendered for the first time', () => {
    const keeper = new SocketKeeper(connection())
    expect(() => keeper.send('hello')).toThrow(/send in an effect or in a handler/)
  })

  it('never reaches the next user’s socket', async () => {
    server.ticketAnswers.push('silence')
    const ada = keep(connection({ identity: 'ada' }))
    const release = ada.hold()
    expect(ada.send('by ada')).toBe(true)
    await eventually(() => expect(server.requests).toHaveLength(1))
    const alan = keep(connection({ identity: 'alan' }), ada)
    onTestFinished(alan.hold())
    release()
    await Promise.resolve()
    // A callback of the render before, late.
    expect(ada.send('by ada, too late')).toBe(false)
    alan.send('by alan')
    await open(alan)
    await eventually(() => expect(server.received).toEqual(['by alan']))
  })
})

describe('a SocketKeeper whose socket has stopped', () => {
  async function stopped(): Promise<SocketKeeper> {
    const { keeper } = held()
    await open(keeper)
    server.sockets[0]?.close(3003, 'credential_revoked')
    await eventually(() => expect(name(keeper)).toBe('stopped'))
    return keeper
  }

  it('says why, and sends nothing', async () => {
    const keeper = await stopped()
    expect(keeper.snapshot().state.cause?.code).toBe('credential_revoked')
    expect(keeper.send('hello')).toBe(false)
  })

  it('begins anew when it is asked to, and not before', async () => {
    const keeper = await stopped()
    const { socket } = keeper.snapshot()
    keeper.restart()
    expect(name(keeper)).toBe('fetching')
    await open(keeper)
    expect(keeper.snapshot().socket).not.toBe(socket)
    const { socket: second } = keeper.snapshot()
    keeper.restart()
    expect(keeper.snapshot().socket).toBe(second)
    expect(server.presented).toEqual([ticketNumber(1).ticket, ticketNumber(2).ticket])
  })

  it('does not begin by itself for whoever comes later', async () => {
    const keeper = await stopped()
    onTestFinished(keeper.hold())
    expect(name(keeper)).toBe('stopped')
  })
})

describe('the handlers of a SocketKeeper', () => {
  it('hear the events of whichever socket is open, the latest of them', async () => {
    const keeper = keep(connection())
    const heard: string[] = []
    const handlers = (which: string): SocketHandlers => ({
      onMessage: ({ data }) => heard.push(`${which} message ${data}`),
      onOpen: () => heard.push(`${which} open`),
      onClose: ({ code }) => heard.push(`${which} close ${code}`),
      onStateChange: ({ to }) => heard.push(`${which} ${to.name}`),
    })
    const latest = { current: handlers('first') }
    // Before and after there is a socket: a component may come at any time.
    onTestFinished(keeper.listen(latest))
    onTestFinished(keeper.hold())
    const forget = keeper.listen({ current: { onMessage: () => heard.push('other') } })
    await open(keeper)
    await eventually(() => expect(heard).toEqual(['first connecting', 'first open', 'first open']))

    latest.current = handlers('second')
    heard.length = 0
    server.sockets[0]?.send('hello')
    await eventually(() => expect(heard).toEqual(['second message hello', 'other']))
    forget()
    heard.length = 0
    server.sockets[0]?.close(3003, 'credential_revoked')
    await eventually(() => expect(heard).toEqual(['second stopped', 'second close 3003']))

    heard.length = 0
    keeper.restart()
    await open(keeper)
    await eventually(() => expect(heard).toEqual(['second connecting', 'second open', 'second open']))
  })

  it('need not be there', async () => {
    const { keeper } = held()
    onTestFinished(keeper.listen({ current: {} }))
    await open(keeper)
    server.sockets[0]?.send('hello')
    server.sockets[0]?.close(3003, 'credential_revoked')
    await eventually(() => expect(name(keeper)).toBe('stopped'))
  })

  it('hear nothing of a socket that was replaced', async () => {
    const { keeper } = held()
    const closes: number[] = []
    onTestFinished(keeper.listen({ current: { onClose: ({ code }) => closes.push(code) } }))
    await open(keeper)
    const { socket } = keeper.snapshot()
    const closed = new Promise((resolve) => socket?.addEventListener('close', resolve))
    socket?.close()
    expect(name(keeper)).toBe('stopped')
    keeper.restart()
    await closed
    await open(keeper)
    expect(closes).toEqual([])
  })
})
