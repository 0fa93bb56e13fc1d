import type { JSX } from 'react'
import { TicketPaper } from '../connection/ticket-paper.js'
import { Brand } from '../ui/brand.js'
import { Icon } from '../ui/icons.js'
import { ThemeToggle } from '../ui/theme-toggle.js'
import type { AuthClient, Farewell } from './auth-client.js'
import { farewellWords } from './failure-words.js'
import { SignInForm } from './sign-in-form.js'

export function SignInPage(props: { auth: AuthClient; farewell?: Farewell | undefined }): JSX.Element {
  const { auth, farewell } = props
  return (
    <div className="entrance">
      <header className="entrance__bar">
        <Brand />
        <ThemeToggle />
      </header>
      <main className="entrance__main">
        <section className="entrance__hero">
          <h1 className="entrance__title">
            One ticket. <br />
            One connection.
          </h1>
          <p className="entrance__lead">
            Browsers cannot log in to a WebSocket. So this chat takes a ticket with your login, shows it once
            at the door, and sees it torn.
          </p>
          <div className="entrance__ticket" aria-hidden="true">
            <TicketPaper
              stub={{ phase: 'blank' }}
              printed={{
                title: 'Admit one',
                refText: 'yours·in·a·moment',
                ringText: '60',
                ringLeft: 1,
              }}
            />
          </div>
        </section>
        <div className="entrance__card">
          {farewell !== undefined && (
            <p className="notice" role="status">
              <Icon name={farewell.reason === 'ended' ? 'alert' : 'check'} />
              <span>{farewellWords(farewell)}</span>
            </p>
          )}
          <SignInForm
            email={farewell?.email ?? ''}
            returning={farewell?.email !== undefined}
            onSignIn={async (email, password) => await auth.signIn(email, password)}
          />
        </div>
      </main>
    </div>
  )
}
