import type { SessionMessage } from '@wsticket/protocol'
import { useCallback, useEffect, useState } from 'react'
import type { Failure } from '../api/http.js'
import { closeSession, listSessions } from '../api/sessions.js'
import type { AuthClient } from '../auth/auth-client.js'

export interface Sessions {
  /** `undefined` until the first answer. */
  readonly list: readonly SessionMessage[] | undefined
  readonly failure: Failure | undefined
  /** Why the last one that was to be closed is still open. */
  readonly closeFailure: Failure | undefined
  readonly reload: () => void
  readonly close: (ref: string) => void
}

// Other tabs and devices come and go without this page being told.
const LOOK_AGAIN_MS = 10_000

/** The user's live sessions, asked for anew whenever `changed` does, as long as somebody is signed in. */
export function useSessions(
  auth: AuthClient,
  facts: { readonly signedIn: boolean; readonly changed: unknown },
): Sessions {
  const { signedIn, changed } = facts
  const [list, setList] = useState<readonly SessionMessage[]>()
  const [failure, setFailure] = useState<Failure>()
  const [closeFailure, setCloseFailure] = useState<Failure>()

  const load = useCallback(async () => {
    const answer = await listSessions(auth.ask)
    if (answer.ok) setList(answer.value)
    setFailure(answer.ok ? undefined : answer)
  }, [auth])

  const reload = useCallback(() => void load(), [load])

  const close = useCallback(
    (ref: string) => {
      const closeIt = async (): Promise<void> => {
        const closed = await closeSession(auth.ask, ref)
        setCloseFailure(closed.ok ? undefined : closed)
        await load()
      }
      void closeIt()
    },
    [auth, load],
  )

  // biome-ignore lint/correctness/useExhaustiveDependencies: a change is what this waits for.
  useEffect(() => {
    if (!signedIn) {
      setList([])
      return
    }
    reload()
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') reload()
    }, LOOK_AGAIN_MS)
    return () => clearInterval(timer)
  }, [reload, signedIn, changed])

  return { list, failure, closeFailure, reload, close }
}
