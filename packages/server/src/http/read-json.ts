import { type Refusal, redact } from '@wsticket/protocol'
import type { z } from 'zod'
import { type HttpRequest, headerValue } from '../request/message.js'

/** Bytes of a request's body. */
export const BODY_MAX_BYTES = 8192
// Deeper values are nobody's metadata, and what walks them by recursion has only so much of a stack.
const DEPTH_MAX = 32
// Of all that is wrong with a body, so much is told.
const ISSUES_TOLD = 5
const NAME_CHARACTERS_TOLD = 64

type Failed = { readonly refusal: Refusal }

/** Reads and checks a body. An empty one is an empty object, since every body of ours is optional. */
export async function readJson<T>(
  request: HttpRequest,
  schema: z.ZodType<T>,
): Promise<{ readonly value: T } | Failed> {
  const body = await readBody(request)
  if ('refusal' in body) return body
  const { text } = body
  if (text !== '' && !isJson(headerValue(request.headers, 'content-type'))) {
    return invalid('content-type must be application/json', 415)
  }
  const parsed = parse(text)
  if (parsed === undefined) return invalid('the body is not valid JSON')
  const misshapen = checkShape(parsed.json)
  if (misshapen !== undefined) return invalid(misshapen)
  const checked = schema.safeParse(parsed.json)
  if (checked.success) return { value: checked.data }
  return invalid(checked.error.issues.slice(0, ISSUES_TOLD).map(describe).join('; '))
}

async function readBody(request: HttpRequest): Promise<{ readonly text: string } | Failed> {
  try {
    const text = await request.readBody(BODY_MAX_BYTES)
    if (text !== undefined) return { text }
    return invalid(`the body must be at most ${BODY_MAX_BYTES} bytes`, 413)
  } catch {
    // A client that goes away in the middle of its body is no failure of ours.
    return invalid('the body broke off')
  }
}

// What a schema would drop silently, or run out of stack over.
function checkShape(json: unknown): string | undefined {
  let level: readonly unknown[] = [json]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEPTH_MAX) return `the body must not nest deeper than ${DEPTH_MAX} levels`
    const objects = level.filter((value) => typeof value === 'object' && value !== null)
    if (objects.some((value) => Object.hasOwn(value, '__proto__'))) return 'unknown field: __proto__'
    level = objects.flatMap((value): unknown[] => Object.values(value))
  }
  return undefined
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(;|$)/i.test(contentType ?? '')
}

function parse(text: string): { readonly json: unknown } | undefined {
  if (text.trim() === '') return { json: {} }
  try {
    return { json: JSON.parse(text) }
  } catch {
    return undefined
  }
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return `unknown field: ${issue.keys.slice(0, ISSUES_TOLD).map(shorten).join(', ')}`
  const field = issue.path.length === 0 ? 'the body' : shorten(issue.path.join('.'))
  return `${field}: ${issue.message}`
}

// Names are the client's own words, and it may have put a ticket where none belongs: told cut, and redacted.
function shorten(name: string): string {
  const shown = redact(name)
  return shown.length > NAME_CHARACTERS_TOLD ? `${shown.slice(0, NAME_CHARACTERS_TOLD)}…` : shown
}

function invalid(detail: string, status: NonNullable<Refusal['status']> = 400): Failed {
  return { refusal: { code: 'request_invalid', detail, status } }
}
