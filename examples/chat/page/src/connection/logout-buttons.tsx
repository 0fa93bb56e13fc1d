import type { JSX } from 'react'
import { Icon } from '../ui/icons.js'
import type { LogoutActions } from './use-logout.js'

export function LogoutButtons({ logout }: { logout: LogoutActions }): JSX.Element {
  const { busy, problem, logOut } = logout
  return (
    <div className="logout">
      {problem !== undefined && (
        <p className="notice notice--bad" role="alert">
          <Icon name="alert" />
          <span>{problem}</span>
        </p>
      )}
      <div className="button-pair">
        <button type="button" className="button" disabled={busy} onClick={() => logOut('login')}>
          <Icon name="exit" />
          Log out
        </button>
        <button
          type="button"
          className="button button--danger"
          disabled={busy}
          onClick={() => logOut('everywhere')}
        >
          <Icon name="globe" />
          Log out everywhere
        </button>
      </div>
    </div>
  )
}
