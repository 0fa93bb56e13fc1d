import { once } from 'node:events'
import { connect } from 'node:net'
import { within } from './within.js'

/** An HTTP answer as it came, headers in order and with their duplicates. */
export interface RawAnswer {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Everything behind the headers, also the frames of a socket that was upgraded. */
  readonly body: string
  /** All that came. */
  readonly text: string
}

/** What to send, and when it is enough. */
export interface RawRequest {
  readonly port: number
  /** Exactly these bytes; line ends are the caller's. */
  readonly bytes: string | Uint8Array
  /** @default when the server ends the connection */
  readonly until?: (text: string) => boolean
}

/**
 * Sends bytes that no HTTP client would, and reads what comes back.
 *
 * Rejects when nothing that looks like HTTP comes back, or when the end is not reached within five seconds.
 */
export async function rawHttp({ port, bytes, until }: RawRequest): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  try {
    await once(socket, 'connect')
    const answered = new Promise<void>((resolve, reject) => {
      socket.setEncoding('latin1')
      socket.on('data', (chunk: string) => {
        text += chunk
        if (until?.(text)) resolve()
      })
      socket.once('end', resolve)
      // A server that refuses may reset while we still send: what it said before counts.
      socket.once('error', (error) => (text === '' ? reject(error) : resolve()))
    })
    socket.write(bytes)
    await within('the answer', answered)
  } finally {
    socket.destroy()
  }
  return parse(text)
}

/** Writes a request as lines, ended as HTTP wants it. */
export function requestText(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`
}

function parse(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n')
  const [statusLine = '', ...fields] = text.slice(0, Math.max(end, 0)).split('\r\n')
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(`${statusLine} `)?.[1]
  if (status === undefined) throw new Error(`No HTTP answer: ${JSON.stringify(text)}`)
  return {
    status: Number(status),
    headers: fields.map((field) => {
      const colon = field.indexOf(':')
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()] as const
    }),
    body: text.slice(end + 4),
    text,
  }
}
