import { z } from 'zod'
import { TEXT_MAX_BYTES } from '../wire.js'

// JSON may write a byte of text as six characters, and has a few around it. What is larger is not parsed.
const FRAME_MAX_BYTES = 6 * TEXT_MAX_BYTES + 1024
const ID_MAX_CHARACTERS = 128

/** What a page sends. */
export interface UserChatMessage {
  readonly type: 'user_message'
  /** The page's own; comes back as `message_id`. */
  readonly id: string
  readonly text: string
}

/** Why a message was not answered. The connection lives on, but for one that goes on after `rate_limited`. */
export type ChatErrorCode =
  | 'message_invalid'
  | 'message_too_large'
  | 'message_binary'
  | 'permission_missing'
  | 'queue_full'
  | 'rate_limited'

/** What a page gets for a message that is not answered. */
export interface ChatError {
  readonly type: 'error'
  /** Unix seconds, with a fraction. */
  readonly at: number
  readonly code: ChatErrorCode
  readonly detail: string
  /** The message's `id`, if it could be read. */
  readonly message_id?: string
}

export type ReadMessage =
  | { readonly ok: true; readonly message: UserChatMessage }
  | { readonly ok: false; readonly error: Omit<ChatError, 'type' | 'at'> }

const Id = z.string().min(1).max(ID_MAX_CHARACTERS)
const UserMessage: z.ZodType<UserChatMessage> = z.strictObject({
  type: z.literal('user_message'),
  id: Id,
  text: z.string().refine((text) => text.trim() !== '', 'must not be empty'),
})

/** Reads one frame. What is wrong with it is a value that says so. */
export function readChatMessage(frame: { readonly text: string } | { readonly binary: true }): ReadMessage {
  if ('binary' in frame) return refuse('message_binary', 'Send text frames with JSON, not binary ones.')
  if (Buffer.byteLength(frame.text) > FRAME_MAX_BYTES) return refuse('message_too_large', TOO_LARGE)
  let parsed: unknown
  try {
    parsed = JSON.parse(frame.text)
  } catch {
    return refuse('message_invalid', 'The message is not valid JSON.')
  }
  const id = z.object({ id: Id }).safeParse(parsed).data?.id
  const result = UserMessage.safeParse(parsed)
  if (!result.success) return refuse('message_invalid', explain(result.error), id)
  if (Buffer.byteLength(result.data.text) > TEXT_MAX_BYTES) return refuse('message_too_large', TOO_LARGE, id)
  return { ok: true, message: result.data }
}

const TOO_LARGE = `The text may have ${TEXT_MAX_BYTES} bytes at most.`
const EXAMPLE = 'Example: {"type":"user_message","id":"1","text":"What is a ticket?"}'

function refuse(code: ChatErrorCode, detail: string, id?: string): ReadMessage {
  return { ok: false, error: { code, detail, ...(id !== undefined && { message_id: id }) } }
}

function explain(error: z.ZodError): string {
  const problems = error.issues.slice(0, 4).map((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return `Unknown field ${issue.keys
        .slice(0, 4)
        .map((key) => JSON.stringify(key.slice(0, 40)))
        .join(', ')}.`
    }
    if (issue.path[0] === 'type') return 'type must be "user_message".'
    return issue.path.length === 0
      ? 'The message must be a JSON object.'
      : `${issue.path.join('.')}: ${issue.message}.`
  })
  return `${problems.join(' ')} ${EXAMPLE}`
}
