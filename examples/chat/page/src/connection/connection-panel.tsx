import type { JSX } from 'react'
import type { AuthClient } from '../auth/auth-client.js'
import { Icon } from '../ui/icons.js'
import type { ChatConnection, ConnectionSnapshot } from './chat-connection.js'
import { ConnectionFacts } from './connection-facts.js'
import { LiveTicket } from './live-ticket.js'
import { SessionList } from './session-list.js'
import { TimelineList } from './timeline-list.js'

/** What a person can do to the login from here. */
export interface LogoutActions {
  readonly busy: boolean
  readonly problem: string | undefined
  readonly logOut: (scope: 'login' | 'everywhere') => void
}

/** The connection's life as it happens, and the buttons that disturb it. */
export function ConnectionPanel(props: {
  auth: AuthClient
  connection: ChatConnection
  snapshot: ConnectionSnapshot
  logout: LogoutActions
  onClose: () => void
}): JSX.Element {
  const { auth, connection, snapshot, logout, onClose } = props
  const { state, stub, timeline, replay } = snapshot
  const live = state?.name === 'open' || state?.name === 'renewing'
  return (
    <div className="panel">
      <div className="panel__heading panel__heading--top">
        <h2>Connection</h2>
        <button type="button" className="icon-button" onClick={onClose} aria-label="Close the panel">
          <Icon name="cross" />
        </button>
      </div>
      <LiveTicket stub={stub} />
      <ConnectionFacts snapshot={snapshot} />
      <section className="panel__section" aria-labelledby="try-title">
        <h3 id="try-title">Put it to the test</h3>
        <div className="panel__buttons">
          <button type="button" className="button" disabled={!live} onClick={() => connection.drop()}>
            <Icon name="unplug" />
            Drop the connection
          </button>
          <button
            type="button"
            className="button"
            disabled={replay !== 'ready'}
            onClick={() => void connection.replay()}
          >
            <Icon name="replay" />
            Replay a used ticket
          </button>
          <button
            type="button"
            className="button"
            disabled={state?.name !== 'open'}
            onClick={() => void connection.renew()}
          >
            <Icon name="refresh" />
            Renew session
          </button>
        </div>
      </section>
      <section className="panel__section" aria-labelledby="timeline-title">
        <h3 id="timeline-title">Timeline</h3>
        <TimelineList timeline={timeline} />
      </section>
      <SessionList auth={auth} ownRef={live ? state.ref : undefined} />
      <section className="panel__section" aria-labelledby="leave-title">
        <h3 id="leave-title">Leave</h3>
        {logout.problem !== undefined && (
          <p className="notice notice--bad" role="alert">
            <Icon name="alert" />
            <span>{logout.problem}</span>
          </p>
        )}
        <div className="panel__buttons">
          <button
            type="button"
            className="button"
            disabled={logout.busy}
            onClick={() => logout.logOut('login')}
          >
            <Icon name="exit" />
            Log out
          </button>
          <button
            type="button"
            className="button button--danger"
            disabled={logout.busy}
            onClick={() => logout.logOut('everywhere')}
          >
            <Icon name="globe" />
            Log out everywhere
          </button>
        </div>
      </section>
    </div>
  )
}
