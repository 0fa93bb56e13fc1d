import type { TicketSocketState } from '@wsticket/client/react'
import type { ReactElement } from 'react'
import { statusWords } from './words'

/** What the connection does, in a few words, and why. */
export function Status({ state }: { readonly state: TicketSocketState }): ReactElement {
  const { text, tone } = statusWords(state)
  return (
    <output className="status" data-state={state.name} data-tone={tone}>
      {text}
    </output>
  )
}
