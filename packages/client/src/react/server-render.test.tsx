import { StrictMode, useState } from 'react'
import { renderToString } from 'react-dom/server'
import { describe, expect, it, vi } from 'vitest'
import {
  type TicketSocketHandle,
  TicketSocketProvider,
  type TicketSocketProviderProps,
  type UseTicketSocketOptions,
  useTicketSocket,
} from './index.js'

const connection: TicketSocketProviderProps = {
  url: 'wss://api.example.com/ws',
  // Fails if it is called: a server has no user, and opens no socket.
  tickets: {
    url: '/api/websocket/ticket',
    credential: () => Promise.reject(new Error('asked on the server')),
  },
}

function Status({ options, onHandle }: StatusProps) {
  const handle = useTicketSocket(options)
  onHandle?.(handle)
  return <output>{handle.state.name}</output>
}

interface StatusProps {
  readonly options?: UseTicketSocketOptions
  readonly onHandle?: (handle: TicketSocketHandle) => void
}

describe('on a server', () => {
  it('renders idle, says nothing on the console, and opens no socket', () => {
    const complaints = vi.spyOn(console, 'error')
    let handle: TicketSocketHandle | undefined
    const markup = renderToString(
      <StrictMode>
        <TicketSocketProvider {...connection} identity="ada">
          <Status
            onHandle={(given) => {
              handle = given
            }}
          />
        </TicketSocketProvider>
      </StrictMode>,
    )
    expect(markup).toBe('<output>idle</output>')
    expect(handle?.socket).toBeUndefined()
    expect(complaints).not.toHaveBeenCalled()
    expect(() => handle?.send('hello')).toThrow(/send in an effect/)
  })

  it('renders a component with a socket of its own, with and without a provider', () => {
    const own = { ...connection, onMessage: () => {} }
    expect(renderToString(<Status options={own} />)).toBe('<output>idle</output>')
    expect(
      renderToString(
        <TicketSocketProvider {...connection}>
          <Status options={own} />
        </TicketSocketProvider>,
      ),
    ).toBe('<output>idle</output>')
  })

  it('gives every component below a provider the same functions, and one with its own connection others', () => {
    const handles: TicketSocketHandle[] = []
    const keep = (handle: TicketSocketHandle): unknown => handles.push(handle)
    renderToString(
      <TicketSocketProvider {...connection}>
        <Status onHandle={keep} />
        <Status onHandle={keep} options={{}} />
        <Status onHandle={keep} options={connection} />
      </TicketSocketProvider>,
    )
    const [first, second, own] = handles
    expect(first?.send).toBe(second?.send)
    expect(first?.restart).toBe(second?.restart)
    expect(own?.send).not.toBe(first?.send)
  })

  it('gives another user other functions in the very render in which that user appears', () => {
    const sends: [user: string, send: TicketSocketHandle['send']][] = []
    function Page() {
      const [user, setUser] = useState('ada')
      const { send } = useTicketSocket({ ...connection, identity: user })
      sends.push([user, send])
      // Rendered again at once, with the hooks as they were.
      if (user === 'ada') setUser('alan')
      return null
    }
    renderToString(<Page />)
    expect(sends.map(([user]) => user)).toEqual(['ada', 'alan', 'alan'])
    const [first, second, third] = sends.map(([, send]) => send)
    expect(second).not.toBe(first)
    expect(third).toBe(second)
  })

  it('says what is missing without a provider', () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(() => renderToString(<Status />)).toThrow(
      'wsticket: useTicketSocket() needs a <TicketSocketProvider> above it, or "url" and "tickets" of its own',
    )
  })
})
