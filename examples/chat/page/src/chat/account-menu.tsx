import type { JSX } from 'react'
import type { User } from '../auth/auth-messages.js'
import { LogoutButtons } from '../connection/logout-buttons.js'
import type { LogoutActions } from '../connection/use-logout.js'

const MENU = 'account-menu'

/** Who is signed in, and the way out. A native popover: Escape or a click elsewhere closes it. */
export function AccountMenu({ user, logout }: { user: User; logout: LogoutActions }): JSX.Element {
  return (
    <>
      <button
        type="button"
        className="avatar avatar--button"
        popoverTarget={MENU}
        aria-label={`Account: ${user.name}`}
      >
        {user.name.slice(0, 2)}
      </button>
      <div id={MENU} popover="auto" className="account-menu">
        <p className="account-menu__name">{user.name}</p>
        <p className="account-menu__email">{user.email}</p>
        <LogoutButtons logout={logout} />
      </div>
    </>
  )
}
