import { useCallback, useState } from 'react'
import type { AuthClient, Farewell } from '../auth/auth-client.js'
import type { ChatConnection } from './chat-connection.js'

/** What a person can do to the login from here. */
export interface LogoutActions {
  readonly busy: boolean
  readonly problem: string | undefined
  readonly logOut: (scope: 'login' | 'everywhere') => void
}

// The server closes the socket at once; more than this, and something is wrong with the network, not with the logout.
const SOCKET_CLOSES_WITHIN_MS = 1500

/** Logs out, sees the socket closed by the server, and leaves the page. */
export function useLogout(auth: AuthClient, connection: ChatConnection): LogoutActions {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()

  const logOut = useCallback(
    (scope: 'login' | 'everywhere') => {
      const run = async (): Promise<void> => {
        setBusy(true)
        setProblem(undefined)
        connection.announceLogout(scope)
        const closed = socketClosed(connection)
        const failure = await auth.logOut(scope)
        if (failure !== undefined) {
          setBusy(false)
          setProblem('The server could not be asked to log you out. You are still signed in.')
          return
        }
        const seen = await closed
        auth.leave({
          reason: scope === 'login' ? 'logged-out' : 'logged-out-everywhere',
          ...(seen === undefined ? {} : { socketClosed: seen }),
        })
      }
      void run()
    },
    [auth, connection],
  )
  return { busy, problem, logOut }
}

function socketClosed(connection: ChatConnection): Promise<Farewell['socketClosed']> {
  if (connection.snapshot().state?.name === 'stopped') return Promise.resolve(undefined)
  return new Promise((resolve) => {
    const give = (seen: Farewell['socketClosed']): void => {
      clearTimeout(timer)
      forget()
      resolve(seen)
    }
    const forget = connection.onChange(({ to, cause }) => {
      if (to.name === 'stopped') give({ code: cause.code, closeCode: cause.closeCode })
    })
    const timer = setTimeout(() => give(undefined), SOCKET_CLOSES_WITHIN_MS)
  })
}
