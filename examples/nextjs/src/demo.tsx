'use client'
import { diagnosis } from '@wsticket/client/diagnosis'
import { TicketSocketProvider } from '@wsticket/client/react'
import { type ReactElement, useSyncExternalStore } from 'react'
import { Chat } from './chat'
import { auth, settings, tickets } from './connection'
import { SignIn } from './sign-in'

const nobody = (): undefined => undefined

/** One socket for the whole page, and none while nobody is signed in. */
export function Demo(): ReactElement {
  const login = useSyncExternalStore(auth.subscribe, auth.login, nobody)
  return (
    <TicketSocketProvider
      url={settings.socketUrl}
      tickets={tickets}
      diagnose={diagnosis()}
      identity={login?.id}
      enabled={login !== undefined}
    >
      {login === undefined ? <SignIn /> : <Chat key={login.id} login={login} />}
    </TicketSocketProvider>
  )
}
