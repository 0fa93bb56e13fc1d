import type { JSX } from 'react'
import type { AuthClient } from '../auth/auth-client.js'
import { ClusterCard } from '../cluster/cluster-card.js'
import type { ClusterSnapshot, ClusterWatch } from '../cluster/cluster-watch.js'
import { Icon, type IconName } from '../ui/icons.js'
import type { ChatConnection, ConnectionSnapshot } from './chat-connection.js'
import { ConnectionFacts } from './connection-facts.js'
import { endingOf } from './ending.js'
import { LiveTicket } from './live-ticket.js'
import { LogoutButtons } from './logout-buttons.js'
import { SessionList } from './session-list.js'
import { TimelineList } from './timeline-list.js'
import type { LogoutActions } from './use-logout.js'

/** The connection's life as it happens, and the buttons that disturb it. */
export function ConnectionPanel(props: {
  auth: AuthClient
  connection: ChatConnection
  snapshot: ConnectionSnapshot
  watch: ClusterWatch
  cluster: ClusterSnapshot
  logout: LogoutActions
  onClose: () => void
}): JSX.Element {
  const { auth, connection, snapshot, watch, cluster, logout, onClose } = props
  const { state, stub, timeline, replay, node } = snapshot
  const live = state?.name === 'open' || state?.name === 'renewing'
  const signedIn = !logout.busy && (state?.name !== 'stopped' || endingOf(state.cause).remedy !== 'sign-in')
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
        <div className="button-pair">
          <TestButton icon="unplug" words="Drop the connection" can={live} act={() => connection.drop()} />
          <TestButton
            icon="replay"
            words="Replay a used ticket"
            can={replay === 'ready'}
            act={() => void connection.replay()}
          />
          <TestButton
            icon="refresh"
            words="Renew session"
            can={state?.name === 'open' && state.ref !== undefined}
            act={() => void connection.renew()}
          />
        </div>
      </section>
      <ClusterCard
        watch={watch}
        cluster={cluster}
        node={live ? node : undefined}
        sessionRef={live ? state.ref : undefined}
      />
      <section className="panel__section" aria-labelledby="timeline-title">
        <h3 id="timeline-title">Timeline</h3>
        <TimelineList timeline={timeline} />
      </section>
      <SessionList auth={auth} ownRef={live ? state.ref : undefined} signedIn={signedIn} />
      <section className="panel__section" aria-labelledby="leave-title">
        <h3 id="leave-title">Leave</h3>
        <LogoutButtons logout={logout} />
      </section>
    </div>
  )
}

// Not `disabled` while it cannot: what is pressed goes away for a moment, and would take the focus with it.
function TestButton(props: { icon: IconName; words: string; can: boolean; act: () => void }): JSX.Element {
  const { icon, words, can, act } = props
  return (
    <button type="button" className="button" aria-disabled={!can} onClick={can ? act : undefined}>
      <Icon name={icon} />
      {words}
    </button>
  )
}
