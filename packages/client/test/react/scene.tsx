// The page of the tests in browsers. What it is to show it is told by properties; what tests ask for, it writes down.
import {
  type TicketSocketHandle,
  TicketSocketProvider,
  type TicketSocketProviderProps,
  type UseTicketSocketOptions,
  useTicketSocket,
} from '@wsticket/client/react'
import { type ReactElement, useEffect } from 'react'

export interface SceneProps {
  /** Whether the socket is the provider's, or a component's own. */
  readonly kind: 'provider' | 'own'
  readonly mounted: boolean
  readonly url: string
  readonly user: string
  readonly enabled: boolean
  /** Only makes every property another one, as a parent that renders does. */
  readonly tick: number
}

/** What happened on the page. */
export interface SceneLog {
  readonly messages: string[]
  readonly states: string[]
  /** The tick of the callback that was asked for a credential, for each time. */
  readonly credentials: number[]
  /** Whom it was shown to, and what, for each time it came to the screen. */
  readonly shown: string[]
  renders: number
  handle: TicketSocketHandle | undefined
}

export const log: SceneLog = {
  messages: [],
  states: [],
  credentials: [],
  shown: [],
  renders: 0,
  handle: undefined,
}

export function Scene({ kind, mounted, ...props }: SceneProps): ReactElement {
  const { url, user, enabled, tick } = props
  const connection: TicketSocketProviderProps = {
    url,
    identity: user,
    enabled,
    tickets: {
      url: '/api/websocket/ticket',
      credential: async () => {
        log.credentials.push(tick)
        const answer = await fetch(`/token?user=${user}`, { method: 'POST' })
        return await answer.text()
      },
    },
  }
  return (
    <main>
      {mounted && kind === 'own' && <Status tick={tick} user={user} connection={connection} />}
      {mounted && kind === 'provider' && (
        <TicketSocketProvider {...connection}>
          <Status tick={tick} user={user} connection={{}} />
        </TicketSocketProvider>
      )}
    </main>
  )
}

interface StatusProps {
  readonly tick: number
  readonly user: string
  readonly connection: UseTicketSocketOptions
}

function Status({ tick, user, connection }: StatusProps): ReactElement {
  const handle = useTicketSocket({
    ...connection,
    onMessage: ({ data }: MessageEvent<string>) => log.messages.push(`${tick} ${data}`),
    onStateChange: ({ to }) => log.states.push(to.name),
  })
  const { state, send, restart } = handle
  useEffect(() => {
    log.renders++
    log.shown.push(`${user} ${state.name}`)
    log.handle = handle
  })
  if (state.name === 'stopped') {
    return (
      <button type="button" onClick={restart}>
        stopped: {state.cause.code}
      </button>
    )
  }
  return (
    <>
      <output>{state.name}</output>
      <Greeter send={send} />
    </>
  )
}

/** Its effect runs before those of its parents, one of whom holds the socket. */
function Greeter({ send }: { send: TicketSocketHandle['send'] }): ReactElement {
  useEffect(() => {
    send('greeting')
  }, [send])
  return <small>greets</small>
}
