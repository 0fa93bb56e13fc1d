import type { TicketErrorCode } from '@wsticket/client'
import { isProblem } from '@wsticket/protocol'
import { parseJson } from '../wire/guards.js'

/** Why a call gave nothing. */
export interface Failure {
  readonly ok: false
  /** The server's own code, or one that only the page can see. */
  readonly code: TicketErrorCode
  readonly retryAfterSeconds?: number
}

export type Answer<T = unknown> = { readonly ok: true; readonly value: T } | Failure

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly accessToken?: string
  readonly body?: unknown
}

/** Makes a call in the name of whoever is signed in. */
export type Ask = (call: Omit<Call, 'accessToken'>) => Promise<Answer>

/** Calls the server this page came from. Never throws: a refusal and an outage are answers, too. */
export async function callServer(fetch: Fetch, call: Call): Promise<Answer> {
  let status: number
  let text: string
  try {
    const response = await fetch(call.path, {
      method: call.method,
      headers: {
        ...(call.accessToken === undefined ? {} : { authorization: `Bearer ${call.accessToken}` }),
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
    })
    status = response.status
    text = await response.text()
  } catch {
    return { ok: false, code: 'network_unreachable' }
  }
  const body = parseJson(text)
  if (status >= 200 && status < 300) return { ok: true, value: body }
  if (!isProblem(body)) {
    // A proxy that says so in its own words: there is no server behind it.
    return { ok: false, code: status >= 502 ? 'network_unreachable' : 'response_invalid' }
  }
  const { code, retry_after } = body
  return { ok: false, code, ...(retry_after === undefined ? {} : { retryAfterSeconds: retry_after }) }
}

/** Checks the shape of what came. */
export function answerAs<T>(answer: Answer, is: (value: unknown) => value is T): Answer<T> {
  if (!answer.ok) return answer
  return is(answer.value) ? { ok: true, value: answer.value } : { ok: false, code: 'response_invalid' }
}
