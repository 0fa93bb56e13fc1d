import { useCallback, useEffect, useReducer } from 'react'
import type { ChatConnection } from '../connection/chat-connection.js'
import { newId } from '../ui/new-id.js'
import { readServerMessage, userMessage } from '../wire/server-message.js'
import { type Conversation, converse, EMPTY_CONVERSATION } from './conversation.js'

const FULL = 'Too much waits for the connection already. Ask again when it is back.'
const OVER = 'There is no connection to send this over.'

/** The conversation over a connection. */
export function useConversation(connection: ChatConnection): {
  readonly conversation: Conversation
  readonly ask: (text: string) => void
  readonly askAgain: (id: string, text: string) => void
} {
  const [conversation, dispatch] = useReducer(converse, EMPTY_CONVERSATION)

  useEffect(() => {
    const forgetMessages = connection.onMessage((data) => {
      const message = readServerMessage(data)
      if (message !== undefined) dispatch({ type: 'heard', message })
    })
    const forgetChanges = connection.onChange(({ from, to }) => {
      const wasLive = from.name === 'open' || from.name === 'renewing'
      const isLive = to.name === 'open' || to.name === 'renewing'
      if (to.name === 'stopped') dispatch({ type: 'stopped' })
      else if (isLive && !wasLive) dispatch({ type: 'connected' })
      else if (wasLive && !isLive) dispatch({ type: 'disconnected' })
    })
    return () => {
      forgetMessages()
      forgetChanges()
    }
  }, [connection])

  const deliver = useCallback(
    (id: string, text: string): boolean => {
      const outcome = connection.send(userMessage(id, text))
      if (outcome === 'full' || outcome === 'over') {
        dispatch({ type: 'not-taken', id, problem: outcome === 'full' ? FULL : OVER })
      }
      return outcome === 'sent'
    },
    [connection],
  )

  const ask = useCallback(
    (text: string) => {
      const id = newId()
      dispatch({ type: 'asked', id, text, at: Date.now() })
      if (deliver(id, text)) dispatch({ type: 'handed-over', id })
    },
    [deliver],
  )

  const askAgain = useCallback(
    (id: string, text: string) => {
      dispatch({ type: 'asked-again', id })
      if (deliver(id, text)) dispatch({ type: 'handed-over', id })
    },
    [deliver],
  )

  return { conversation, ask, askAgain }
}
