import type { ConnectionState } from '@wsticket/client'
import type { JSX, ReactNode } from 'react'
import { useNow } from '../ui/use-now.js'
import type { ConnectionSnapshot } from './chat-connection.js'
import { StateTrack } from './state-track.js'
import { stateWords } from './state-words.js'
import { causeWords, clockSpan, countdown, isTrouble, pathwayWords, sentence, timeOfDay } from './words.js'

// The demo's tokens live 15 minutes; the bar is full at the most that a session was seen to have left.
const USUAL_SESSION_MS = 900_000

/** What there is to know about the connection now. */
export function ConnectionFacts({ snapshot }: { snapshot: ConnectionSnapshot }): JSX.Element {
  const { state, endsAt, node, since, downgrade, trouble } = snapshot
  const live = state?.name === 'open' || state?.name === 'renewing'
  const now = useNow(state?.name === 'open' ? 1000 : 200)
  if (state === undefined) return <p className="muted">Not started yet.</p>
  const trying = !live && state.name !== 'stopped'
  const { failures } = state.history
  // Through the attempts that follow, so that it can be read.
  const why = trouble ?? (isTrouble(state.cause) ? state.cause : undefined)
  const pathway = 'pathway' in state ? state.pathway : (downgrade?.to ?? 'ticket')
  return (
    <>
      <StateTrack state={state} />
      <dl className="facts">
        <Fact term="State">
          {stateWords(state).words} <code className="code">{state.cause.code}</code>
          {why !== undefined && <p className="facts__why">{causeWords(why)}</p>}
          {why?.detail !== undefined && <p className="facts__detail">{sentence(why.detail)}</p>}
        </Fact>
        <Fact term="Next">
          {nextWords(state, now)}
          {state.name === 'waiting' && state.until !== undefined && (
            <meter
              className="meter"
              aria-label="Part of the wait that is left"
              min={0}
              max={Math.max(1, state.until - since)}
              value={Math.max(0, state.until - now)}
            />
          )}
        </Fact>
        <Fact term="Presents">
          {pathwayWords(pathway)}, as a subprotocol{' '}
          <code className="code">{pathway === 'jwt_subprotocol' ? 'wsticket.v1, jwt.…' : 'wsticket.v1'}</code>
          {downgrade !== undefined && (
            <p className="facts__why">
              Tickets failed. They are tried again from {timeOfDay(downgrade.until)} on.{' '}
              <code className="code">{downgrade.cause.code}</code>
            </p>
          )}
        </Fact>
        {live && node !== undefined && (
          <Fact term="Node">
            <code className="code">{node}</code>
          </Fact>
        )}
        <Fact term="Session">{sessionWords(state)}</Fact>
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
    </>
  )
}

/** What happens by itself, and when. */
function nextWords({ name, until }: ConnectionState, now: number): string {
  if (until === undefined) {
    if (name === 'waiting') return 'goes on with your next message'
    return name === 'stopped' ? 'nothing by itself' : 'no renewal; a new connection at the deadline'
  }
  const left = until - now
  switch (name) {
    case 'waiting':
      return left > 0 ? `tries again in ${countdown(left)}` : 'tries again now'
    case 'open':
      return `renews the session in ${clockSpan(left)}`
    default:
      return `gives up in ${countdown(left)}`
  }
}

function sessionWords(state: ConnectionState): ReactNode {
  if (state.name !== 'open' && state.name !== 'renewing') return 'none'
  return state.ref === undefined ? (
    'open, its name is not told'
  ) : (
    <code className="code code--ref">{state.ref}</code>
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
