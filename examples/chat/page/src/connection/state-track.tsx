import type { ConnectionState } from '@wsticket/client'
import type { JSX } from 'react'
import { stateWords } from './state-words.js'

const STATES: readonly (readonly [name: ConnectionState['name'], words: string])[] = [
  ['fetching', 'Fetching'],
  ['connecting', 'Connecting'],
  ['open', 'Open'],
  ['renewing', 'Renewing'],
  ['waiting', 'Waiting'],
  ['stopped', 'Stopped'],
]

/** All states that a connection can be in, and which one it is. */
export function StateTrack({ state }: { state: ConnectionState }): JSX.Element {
  const { mood } = stateWords(state)
  return (
    <ol className="track" aria-label="States of a connection">
      {STATES.map(([name, words]) => (
        <li
          key={name}
          className="track__state"
          {...(name === state.name && { 'aria-current': 'step', 'data-mood': mood })}
        >
          {words}
        </li>
      ))}
    </ol>
  )
}
