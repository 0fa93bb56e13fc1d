import type { JSX, ReactNode } from 'react'
import { useNow } from '../ui/use-now.js'
import type { ConnectionSnapshot } from './chat-connection.js'
import { stateWords } from './state-words.js'
import { causeWords, clockSpan, isTrouble } from './words.js'

// The demo's tokens live 15 minutes; the bar is full at the most that a session was seen to have left.
const USUAL_SESSION_MS = 900_000

/** What there is to know about the connection now. */
export function ConnectionFacts({ snapshot }: { snapshot: ConnectionSnapshot }): JSX.Element {
  const { state, endsAt, node } = snapshot
  const now = useNow(1000)
  if (state === undefined) return <p className="muted">Not started yet.</p>
  const live = state.name === 'open' || state.name === 'renewing'
  const trying = !live && state.name !== 'stopped'
  const { failures } = state.history
  return (
    <dl className="facts">
      <Fact term="State">
        {stateWords(state).words} <code className="code">{state.cause.code}</code>
        {isTrouble(state.cause) && <p className="facts__why">{causeWords(state.cause)}</p>}
      </Fact>
      {state.name === 'waiting' && state.until !== undefined && (
        <Fact term="Next try">in {clockSpan(state.until - now)}</Fact>
      )}
      <Fact term="Carrier">
        subprotocol <code className="code">wsticket.v1</code>
      </Fact>
      {live && node !== undefined && (
        <Fact term="Node">
          <code className="code">{node}</code>
        </Fact>
      )}
      <Fact term="Session">
        {live && state.ref !== undefined ? <code className="code code--ref">{state.ref}</code> : 'none'}
      </Fact>
      {live && endsAt !== undefined && (
        <Fact term="Deadline">
          in {clockSpan(endsAt - now)}
          <meter
            className="meter"
            aria-label="Life of the session that is left"
            min={0}
            max={Math.max(USUAL_SESSION_MS, endsAt - now)}
            value={Math.max(0, endsAt - now)}
          />
        </Fact>
      )}
      <Fact term="Attempts">
        {state.attempt}
        {trying && failures > 0 && `, ${failures} failed in a row`}
      </Fact>
    </dl>
  )
}

function Fact({ term, children }: { term: string; children: ReactNode }): JSX.Element {
  return (
    <div className="facts__row">
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  )
}
