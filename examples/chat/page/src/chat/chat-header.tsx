import type { JSX } from 'react'
import type { User } from '../auth/auth-messages.js'
import type { StateWords } from '../connection/state-words.js'
import type { LogoutActions } from '../connection/use-logout.js'
import { Brand } from '../ui/brand.js'
import { Icon } from '../ui/icons.js'
import { ThemeToggle } from '../ui/theme-toggle.js'
import { AccountMenu } from './account-menu.js'

export function ChatHeader(props: {
  user: User
  state: StateWords
  panelOpen: boolean
  logout: LogoutActions
  onTogglePanel: () => void
}): JSX.Element {
  const { user, state, panelOpen, logout, onTogglePanel } = props
  return (
    <header className="chat-header">
      <Brand />
      <div className="chat-header__tools">
        <button
          type="button"
          className="state-pill"
          data-mood={state.mood}
          aria-expanded={panelOpen}
          aria-label={`Connection: ${state.words}. ${panelOpen ? 'Hide' : 'Show'} the panel`}
          onClick={onTogglePanel}
        >
          <span className="state-pill__dot" aria-hidden="true" />
          <span className="state-pill__words">{state.words}</span>
          <Icon name="panel" />
        </button>
        <ThemeToggle />
        <AccountMenu user={user} logout={logout} />
      </div>
    </header>
  )
}
