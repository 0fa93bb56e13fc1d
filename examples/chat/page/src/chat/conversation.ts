import type { RunEvent, ServerMessage } from '../wire/server-message.js'
import { advanceRun, beginRun, interruptRun, isOver, type Run } from './run.js'

/**
 * Where a question is: `waiting` for a connection, `sent` over one, `received` by the agent, or `failed`: then
 * the server may or may not have it, and the user decides whether to send it again.
 */
export type Delivery = 'waiting' | 'sent' | 'received' | 'failed'

/** A question, and the answer as soon as there is one. */
export interface Exchange {
  readonly id: string
  readonly text: string
  /** Milliseconds since 1970. */
  readonly askedAt: number
  readonly delivery: Delivery
  /** Why it failed, in words. */
  readonly problem?: string
  readonly run?: Run
}

export interface Conversation {
  readonly exchanges: readonly Exchange[]
  /** A complaint of the server about no message in particular. */
  readonly complaint?: string
}

export type ConversationInput =
  | { readonly type: 'asked'; readonly id: string; readonly text: string; readonly at: number }
  | { readonly type: 'asked-again'; readonly id: string }
  /** An open socket took it. */
  | { readonly type: 'handed-over'; readonly id: string }
  | { readonly type: 'not-taken'; readonly id: string; readonly problem: string }
  | { readonly type: 'heard'; readonly message: ServerMessage }
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected' }
  | { readonly type: 'stopped' }

export const EMPTY_CONVERSATION: Conversation = { exchanges: [] }

const LOST = 'The connection was lost before the agent said that it had this.'
const NEVER_SENT = 'The connection ended before this was sent.'

/** Tells what follows for a conversation. */
export function converse(conversation: Conversation, input: ConversationInput): Conversation {
  switch (input.type) {
    case 'asked': {
      const { id, text, at } = input
      return { exchanges: [...conversation.exchanges, { id, text, askedAt: at, delivery: 'waiting' }] }
    }
    case 'asked-again':
      return change(conversation, input.id, ({ id, text, askedAt }) => ({
        id,
        text,
        askedAt,
        delivery: 'waiting',
      }))
    case 'handed-over':
      return change(conversation, input.id, handOver)
    case 'not-taken':
      return change(conversation, input.id, (exchange) => failed(exchange, input.problem))
    case 'heard':
      return hear(conversation, input.message)
    case 'connected':
      // What waited was handed to the socket in the moment it opened.
      return changeAll(conversation, handOver)
    case 'disconnected':
      return changeAll(conversation, breakOff)
    case 'stopped':
      return changeAll(conversation, (exchange) =>
        exchange.delivery === 'waiting' ? failed(exchange, NEVER_SENT) : breakOff(exchange),
      )
  }
}

function hear(conversation: Conversation, message: ServerMessage): Conversation {
  if (message.type !== 'error') return follow(conversation, message)
  const { message_id, detail } = message
  if (message_id === undefined) return { ...conversation, complaint: detail }
  return change(conversation, message_id, (exchange) => failed(exchange, detail))
}

function follow(conversation: Conversation, event: RunEvent): Conversation {
  if (event.type === 'agent_started') {
    return change(conversation, event.message_id, ({ id, text, askedAt }) => ({
      id,
      text,
      askedAt,
      delivery: 'received',
      run: beginRun(event),
    }))
  }
  return changeAll(conversation, (exchange) =>
    exchange.run?.id === event.run_id ? { ...exchange, run: advanceRun(exchange.run, event) } : exchange,
  )
}

function handOver(exchange: Exchange): Exchange {
  return exchange.delivery === 'waiting' ? { ...exchange, delivery: 'sent' } : exchange
}

function breakOff(exchange: Exchange): Exchange {
  if (exchange.delivery === 'sent') return failed(exchange, LOST)
  if (exchange.run === undefined || isOver(exchange.run)) return exchange
  return { ...exchange, run: interruptRun(exchange.run) }
}

function failed(exchange: Exchange, problem: string): Exchange {
  return { ...exchange, delivery: 'failed', problem }
}

function change(conversation: Conversation, id: string, to: (exchange: Exchange) => Exchange): Conversation {
  return changeAll(conversation, (exchange) => (exchange.id === id ? to(exchange) : exchange))
}

// Exchanges that stay as they are stay the same objects, so that only those that change are drawn again.
function changeAll(conversation: Conversation, to: (exchange: Exchange) => Exchange): Conversation {
  return { ...conversation, exchanges: conversation.exchanges.map(to) }
}
