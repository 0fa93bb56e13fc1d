import { type JSX, useSyncExternalStore } from 'react'
import type { AuthClient } from './auth/auth-client.js'
import { RestoringPage } from './auth/restoring-page.js'
import { SignInPage } from './auth/sign-in-page.js'
import { ChatPage } from './chat/chat-page.js'

export function App({ auth }: { auth: AuthClient }): JSX.Element {
  const state = useSyncExternalStore(auth.subscribe, auth.state)
  switch (state.name) {
    case 'restoring':
      return <RestoringPage auth={auth} failure={state.failure} />
    case 'signed-out':
      return <SignInPage auth={auth} farewell={state.farewell} />
    case 'signed-in':
      return <ChatPage key={state.user.user_id} auth={auth} user={state.user} />
  }
}
