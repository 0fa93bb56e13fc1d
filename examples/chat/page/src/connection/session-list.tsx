import type { JSX } from 'react'
import type { AuthClient } from '../auth/auth-client.js'
import { Icon } from '../ui/icons.js'
import { useSessions } from './use-sessions.js'
import { timeOfDay } from './words.js'

/** The user's live sessions on all devices, each with a way to close it. */
export function SessionList(props: {
  auth: AuthClient
  ownRef: string | undefined
  signedIn: boolean
}): JSX.Element {
  const { auth, ownRef, signedIn } = props
  const { list, failure, closeFailure, reload, close } = useSessions(auth, { signedIn, changed: ownRef })
  return (
    <section className="panel__section" aria-labelledby="sessions-title">
      <div className="panel__heading">
        <h3 id="sessions-title">Your live sessions</h3>
        <button
          type="button"
          className="icon-button icon-button--small"
          onClick={reload}
          aria-label="Look again"
        >
          <Icon name="refresh" />
        </button>
      </div>
      {failure !== undefined && <p className="muted">The list cannot be had at the moment.</p>}
      {closeFailure !== undefined && (
        <p className="muted" role="alert">
          The session could not be closed. <code className="code">{closeFailure.code}</code>
        </p>
      )}
      {failure === undefined && list?.length === 0 && <p className="muted">None is open.</p>}
      <ul className="sessions">
        {list?.map(({ session_id: ref, opened_at, address }) => (
          <li key={ref} className="session">
            <span className="session__words">
              <span className="session__name">
                {ref === ownRef ? 'This page' : 'Another tab or device'}
                {ref === ownRef && <span className="badge">here</span>}
              </span>
              <span className="session__detail">
                since {timeOfDay(opened_at * 1000)}
                {address !== undefined && ` · ${address}`}
              </span>
              <code className="code code--ref">{ref}</code>
            </span>
            <button
              type="button"
              className="button button--small"
              onClick={() => close(ref)}
              aria-label={`Close the session ${ref}${ref === ownRef ? ', this page' : ''}`}
            >
              Close
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
