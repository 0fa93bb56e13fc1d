import { isSessionsResponse, PATHS, type SessionMessage } from '@wsticket/protocol'
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

/** Closes one of them, wherever it is. One that ended meanwhile is closed, too. */
export async function closeSession(fetch: Fetch, accessToken: string, ref: string): Promise<Answer> {
  const path = PATHS.sessionByRef.replace('{ref}', encodeURIComponent(ref))
  const answer = await callServer(fetch, { method: 'DELETE', path, accessToken })
  return !answer.ok && answer.code === 'not_found' ? { ok: true, value: undefined } : answer
}
