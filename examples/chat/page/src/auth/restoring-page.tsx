import { type JSX, useEffect } from 'react'
import type { Failure } from '../api/http.js'
import { Brand } from '../ui/brand.js'
import type { AuthClient } from './auth-client.js'
import { signInProblem } from './failure-words.js'

// Soon enough that nobody reloads the page by hand.
const TRY_AGAIN_MS = 3000

/** Shown after a reload, until the login from before goes on. */
export function RestoringPage(props: { auth: AuthClient; failure?: Failure | undefined }): JSX.Element {
  const { auth, failure } = props
  useEffect(() => {
    const timer = setTimeout(() => void auth.restore(), failure === undefined ? 0 : TRY_AGAIN_MS)
    return () => clearTimeout(timer)
  }, [auth, failure])
  return (
    <main className="restoring">
      <Brand />
      <p className="restoring__words" role="status">
        <span className="spinner" aria-hidden="true" />
        {failure === undefined ? 'Picking up where you were …' : `${signInProblem(failure)} Trying again …`}
      </p>
      {failure !== undefined && (
        <button type="button" className="button" onClick={() => auth.leave()}>
          Sign in instead
        </button>
      )}
    </main>
  )
}
