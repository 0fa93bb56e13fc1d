'use client'
import { OutboxFullError } from '@wsticket/client'
import { useTicketSocket } from '@wsticket/client/react'
import { type ReactElement, useReducer, useState } from 'react'
import type { Login } from './auth'
import { auth } from './connection'
import { converse, readMessage } from './conversation'
import { formText } from './form-text'
import { SignIn } from './sign-in'
import { Status } from './status'

/** Asks the backend's agent, and shows what it does. */
export function Chat({ login }: { readonly login: Login }): ReactElement {
  const [exchanges, dispatch] = useReducer(converse, [])
  const [problem, setProblem] = useState('')
  const { state, send } = useTicketSocket({
    onMessage: ({ data }: MessageEvent<unknown>) => {
      const message = readMessage(data)
      if (message) dispatch(message)
    },
    // What was handed to a connection and not answered may be lost with it; it is never sent twice.
    onClose: () => dispatch({ type: 'interrupted' }),
  })
  if (state.name === 'stopped') return <SignIn because={state.cause.code} />

  const ask = (form: FormData): void => {
    const text = formText(form, 'text').trim()
    if (text === '') return
    const id = crypto.randomUUID()
    try {
      if (!send(JSON.stringify({ type: 'user_message', id, text }))) return
    } catch (thrown) {
      if (!(thrown instanceof OutboxFullError)) throw thrown
      setProblem('Too much waits for the connection already.')
      return
    }
    setProblem('')
    dispatch({ type: 'asked', id, text })
  }

  return (
    <>
      <header>
        <Status state={state} />
        <span className="who">{login.email}</span>
        <button type="button" className="plain" onClick={() => void auth.signOut()}>
          Sign out
        </button>
      </header>
      <ol className="exchanges">
        {exchanges.map(({ id, question, steps, answer, end }) => (
          <li key={id}>
            <p className="question">{question}</p>
            {steps.length > 0 && <p className="steps">{steps.join(' → ')}</p>}
            <p className="answer" aria-live="polite">
              {answer || (end === undefined ? '…' : '')}
            </p>
            {end === 'interrupted' && (
              <p className="problem">The connection was lost before the answer came.</p>
            )}
          </li>
        ))}
      </ol>
      <form className="composer" action={ask}>
        <input
          name="text"
          aria-label="Your question"
          placeholder="What is a ticket? Or: 12*(7+5)"
          autoComplete="off"
        />
        <button type="submit">Ask</button>
      </form>
      {problem !== '' && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  )
}
