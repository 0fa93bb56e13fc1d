import type { Notice } from '../store.js'

/** Reads a notice as it stands in the stream; `undefined` for what is none that this version knows. */
export function readNotice(text: string): Notice | undefined {
  const value = parsed(text)
  if (typeof value !== 'object' || value === null) return undefined
  const { kind, ref, code, subject, login, at, permissions }: Partial<Record<string, unknown>> = { ...value }
  if (kind === 'session' && isText(ref) && (code === 'session_revoked' || code === 'session_closed')) {
    return { kind, ref, code }
  }
  if (kind === 'narrowed' && isText(ref) && Array.isArray(permissions) && permissions.every(isText)) {
    return { kind, ref, permissions }
  }
  if (!isText(subject) || typeof at !== 'number') return undefined
  if (kind === 'subject') return { kind, subject, at }
  return kind === 'login' && isText(login) ? { kind, subject, login, at } : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
