import { PATHS, type SessionMessage, type SessionsResponse } from '@wsticket/protocol'
import { isNumber, isObject, isString } from '../wire/guards.js'
import { type Answer, answerAs, callServer, type Fetch } from './http.js'

/** The user's own live sessions, the newest first. */
export async function listSessions(
  fetch: Fetch,
  accessToken: string,
): Promise<Answer<readonly SessionMessage[]>> {
  const answer = await callServer(fetch, { method: 'GET', path: PATHS.sessions, accessToken })
  const read = answerAs(answer, isSessionsResponse)
  if (!read.ok) return read
  return { ok: true, value: read.value.sessions.toSorted((a, b) => b.opened_at - a.opened_at) }
}

/** Closes one of them, wherever it is. */
export async function closeSession(fetch: Fetch, accessToken: string, ref: string): Promise<Answer> {
  const path = PATHS.sessionByRef.replace('{ref}', encodeURIComponent(ref))
  return await callServer(fetch, { method: 'DELETE', path, accessToken })
}

export function isSessionsResponse(value: unknown): value is SessionsResponse {
  return isObject(value) && Array.isArray(value.sessions) && value.sessions.every(isSession)
}

function isSession(value: unknown): value is SessionMessage {
  return (
    isObject(value) &&
    isString(value.session_id) &&
    isNumber(value.opened_at) &&
    isNumber(value.expires_at) &&
    isNumber(value.sockets) &&
    isString(value.audience)
  )
}
