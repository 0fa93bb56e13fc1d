import type { Refusal } from '@wsticket/protocol'
import type { z } from 'zod'
import { type HttpRequest, headerValue } from './message.js'

/** Bytes of a request's body. */
export const BODY_MAX_BYTES = 8192

/** Reads and checks a body. An empty one is an empty object, since every body of ours is optional. */
export async function readJson<T>(
  request: HttpRequest,
  schema: z.ZodType<T>,
): Promise<{ readonly value: T } | { readonly refusal: Refusal }> {
  const text = await request.readBody(BODY_MAX_BYTES)
  if (text === undefined) return invalid(`the body must be under ${BODY_MAX_BYTES} bytes`, 413)
  if (text !== '' && !isJson(headerValue(request.headers, 'content-type'))) {
    return invalid('content-type must be application/json', 415)
  }
  const parsed = parse(text)
  if (parsed === undefined) return invalid('the body is not valid JSON')
  const checked = schema.safeParse(parsed.json)
  if (checked.success) return { value: checked.data }
  return invalid(checked.error.issues.map(describe).join('; '))
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
  if (issue.code === 'unrecognized_keys') return `unknown field: ${issue.keys.map(shorten).join(', ')}`
  const field = issue.path.length === 0 ? 'the body' : shorten(issue.path.join('.'))
  return `${field}: ${issue.message}`
}

// Names are the client's own words: they go back to it, cut, and nowhere else.
function shorten(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name
}

function invalid(
  detail: string,
  status: NonNullable<Refusal['status']> = 400,
): { readonly refusal: Refusal } {
  return { refusal: { code: 'request_invalid', detail, status } }
}
