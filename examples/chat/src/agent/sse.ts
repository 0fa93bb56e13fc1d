// One event of a completion is some hundred bytes; a stream without line ends must not fill the memory.
const MAX_EVENT_CHARACTERS = 256 * 1024

/** A stream that does not keep to the rules or to the bounds. */
export class SseError extends Error {}

/**
 * Reads the data of each event out of a stream of server-sent events (WHATWG HTML, 9.2.6), however the bytes
 * are cut into chunks.
 */
export async function* readSse(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder('utf-8')
  let rest = ''
  let data: string[] = []
  let size = 0
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    // A CR at the end may be the first half of CRLF.
    const lines = rest.replace(/\r\n|\r(?!$)/g, '\n').split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield data.join('\n')
        data = []
        size = 0
        continue
      }
      const field = /^data:? ?/.exec(line)?.[0]
      if (field === undefined || (field === 'data' && line !== 'data')) continue
      data.push(line.slice(field.length))
      size += line.length
      if (size > MAX_EVENT_CHARACTERS) throw new SseError('An event of the stream is too large.')
    }
    if (rest.length > MAX_EVENT_CHARACTERS) throw new SseError('A line of the stream is too long.')
  }
  // An event that its blank line never ended is discarded by the standard. Some servers leave out the last
  // one, and what they meant is whole all the same.
  const last = /^data: ?(.*?)\r?$/.exec(rest)?.[1]
  if (last !== undefined) data.push(last)
  if (data.length > 0) yield data.join('\n')
}
