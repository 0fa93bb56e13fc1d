import type { JSX } from 'react'
import type { AuthClient } from '../auth/auth-client.js'
import type { User } from '../auth/auth-messages.js'
import { useCluster } from '../cluster/use-cluster.js'
import { ConnectionPanel } from '../connection/connection-panel.js'
import { endingOf } from '../connection/ending.js'
import { stateWords } from '../connection/state-words.js'
import { TroubleNotice } from '../connection/trouble-notice.js'
import { useConnection } from '../connection/use-connection.js'
import { useLogout } from '../connection/use-logout.js'
import { Icon } from '../ui/icons.js'
import { Sheet } from '../ui/sheet.js'
import { announcement } from './announcement.js'
import { ChatHeader } from './chat-header.js'
import { Composer } from './composer.js'
import { EndingCard } from './ending-card.js'
import { ExchangeView } from './exchange-view.js'
import { Starters } from './starters.js'
import { useConversation } from './use-conversation.js'
import { usePanel } from './use-panel.js'
import { useStickToEnd } from './use-stick-to-end.js'

/** The chat of somebody who is signed in. */
export function ChatPage({ auth, user }: { auth: AuthClient; user: User }): JSX.Element {
  const { connection, snapshot } = useConnection(auth)
  const { watch, cluster } = useCluster(connection, snapshot.node)
  const { conversation, ask, askAgain } = useConversation(connection)
  const logout = useLogout(auth, connection)
  const panel = usePanel()
  const stick = useStickToEnd()
  const { state } = snapshot
  const connected = state?.name === 'open' || state?.name === 'renewing'
  const ended = state?.name === 'stopped' && !logout.busy
  const { exchanges } = conversation

  const askNow = (text: string): void => {
    ask(text)
    stick.toEnd()
  }
  const panelView = (
    <ConnectionPanel
      auth={auth}
      connection={connection}
      snapshot={snapshot}
      watch={watch}
      cluster={cluster}
      logout={logout}
      onClose={panel.close}
    />
  )
  return (
    <div className="chat" data-panel={panel.wide && panel.open ? 'open' : 'closed'}>
      <a className="skip-link" href="#composer">
        Skip to your question
      </a>
      <ChatHeader
        user={user}
        state={stateWords(state)}
        panelOpen={panel.open}
        logout={logout}
        onTogglePanel={panel.toggle}
      />
      <main className="chat__main" aria-label="Chat">
        <div className="chat__scroller" ref={stick.scroller}>
          <div className="chat__content" ref={stick.content}>
            {exchanges.length === 0 && <Starters name={user.name} onAsk={askNow} disabled={ended} />}
            <ol className="exchanges" aria-label="Conversation">
              {exchanges.map((exchange) => (
                <ExchangeView
                  key={exchange.id}
                  exchange={exchange}
                  onAskAgain={ended ? undefined : askAgain}
                />
              ))}
            </ol>
          </div>
        </div>
        <div className="chat__foot">
          {!stick.atEnd && (
            <button type="button" className="to-end" onClick={stick.toEnd}>
              <Icon name="down" />
              To the newest
            </button>
          )}
          {conversation.complaint !== undefined && (
            <p className="notice notice--bad">
              <Icon name="alert" />
              <span>{conversation.complaint}</span>
            </p>
          )}
          <TroubleNotice trouble={snapshot.trouble} />
          {ended && (
            <EndingCard
              ending={endingOf(state.cause)}
              code={state.cause.code}
              onSignIn={() => auth.leave({ reason: 'ended' })}
              onReconnect={() => connection.start()}
            />
          )}
          {/* Hidden rather than gone: what was begun there is kept. */}
          <div hidden={ended}>
            <Composer disabled={ended || logout.busy} connected={connected} onAsk={askNow} />
          </div>
        </div>
        <p className="visually-hidden" role="status">
          {announcement(conversation)}
        </p>
      </main>
      {panel.wide ? (
        panel.open && (
          <aside className="chat__panel" aria-label="Connection">
            {panelView}
          </aside>
        )
      ) : (
        <Sheet open={panel.open} label="Connection" onClose={panel.close}>
          {panelView}
        </Sheet>
      )}
    </div>
  )
}
