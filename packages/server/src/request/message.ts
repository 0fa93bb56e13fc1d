import { redact } from '@wsticket/protocol'
/** Every value of a header, a line each, by its lower-case name. Empty if it is absent. */
export type HeaderLines = (name: string) => readonly string[]

/** What every request has, whatever brought it. */
export interface RequestData {
  readonly method: string
  /** Path and query, as they stood in the request line. */
  readonly target: string
  readonly headers: HeaderLines
  /** The other end of the connection: a proxy, or the client. */
  readonly peer: string
  /** Whether the connection itself is TLS. */
  readonly secure: boolean
}

/** A request to the HTTP routes, as plain data. */
export interface HttpRequest extends RequestData {
  /** Reads the body as UTF-8; `undefined` if it is longer than `limit` bytes. Rejects if it breaks off. */
  readonly readBody: (limit: number) => Promise<string | undefined>
}

/** An answer of the HTTP routes, as plain data. */
export interface HttpResponse {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** The value of a header, its lines joined by a comma; `undefined` if it is absent. */
export function headerValue(headers: HeaderLines, name: string): string | undefined {
  const lines = headers(name)
  return lines.length === 0 ? undefined : lines.join(', ')
}

/** The path of a request target; `undefined` unless the target is in origin-form. */
export function pathOf(target: string): string | undefined {
  if (!target.startsWith('/') || target.startsWith('//')) return undefined
  const end = target.indexOf('?')
  return end === -1 ? target : target.slice(0, end)
}

// Longer ones are those of scanners.
const SHOWN_PATH_MAX = 100

/** The path of a request target as it may be logged: without its query, and without tickets and JWTs. */
export function shownPath(target: string): string {
  return redact(target.replace(/\?.*$/s, '')).slice(0, SHOWN_PATH_MAX)
}

/** Reads what a body consists of as UTF-8; `undefined` if it is longer than `limit` bytes. */
export async function readText(body: AsyncIterable<Uint8Array>, limit: number): Promise<string | undefined> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > limit) return undefined
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
