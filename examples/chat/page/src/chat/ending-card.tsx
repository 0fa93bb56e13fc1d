import type { JSX } from 'react'
import type { Ending } from '../connection/ending.js'
import { Icon } from '../ui/icons.js'

/** Stands where questions are written once the connection has stopped for good. */
export function EndingCard(props: {
  ending: Ending
  code: string
  onSignIn: () => void
  onReconnect: () => void
}): JSX.Element {
  const { ending, code, onSignIn, onReconnect } = props
  const signIn = ending.remedy === 'sign-in'
  return (
    <section className="ending" role="alert">
      <span className="ending__icon">
        <Icon name={signIn ? 'exit' : 'unplug'} />
      </span>
      <div className="ending__words">
        <h2>{ending.title}</h2>
        <p>
          {ending.text} <code className="code">{code}</code>
        </p>
      </div>
      <button type="button" className="button button--primary" onClick={signIn ? onSignIn : onReconnect}>
        {signIn ? 'Sign in again' : 'Reconnect'}
      </button>
    </section>
  )
}
