import { isSessionsResponse, PATHS, type SessionMessage } from '@wsticket/protocol'
import { type Answer, type Ask, answerAs } from './http.js'

/** The user's own live sessions, the newest first. */
export async function listSessions(ask: Ask): Promise<Answer<readonly SessionMessage[]>> {
  const read = answerAs(await ask({ method: 'GET', path: PATHS.sessions }), isSessionsResponse)
  if (!read.ok) return read
  return { ok: true, value: read.value.sessions.toSorted((a, b) => b.opened_at - a.opened_at) }
}

/** Closes one of them, wherever it is. One that ended meanwhile is closed, too. */
export async function closeSession(ask: Ask, ref: string): Promise<Answer> {
  const path = PATHS.sessionByRef.replace('{ref}', encodeURIComponent(ref))
  const answer = await ask({ method: 'DELETE', path })
  return !answer.ok && answer.code === 'not_found' ? { ok: true, value: undefined } : answer
}
