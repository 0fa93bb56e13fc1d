/** A reply that is a list of texts and whole numbers, as texts. Throws if it is anything else. */
export function texts(reply: unknown): string[] {
  if (!Array.isArray(reply)) throw unexpected(reply)
  return reply.map(text)
}

/** A reply that is a list of such lists. */
export function rows(reply: unknown): string[][] {
  if (!Array.isArray(reply)) throw unexpected(reply)
  return reply.map(texts)
}

/** A reply that is one text or whole number. */
export function text(reply: unknown): string {
  if (typeof reply === 'string') return reply
  if (typeof reply === 'number' || typeof reply === 'bigint') return String(reply)
  if (reply instanceof Uint8Array) return new TextDecoder().decode(reply)
  throw unexpected(reply)
}

// What it was is not told: a reply may hold what nobody should read.
function unexpected(reply: unknown): TypeError {
  return new TypeError(`Redis answered a script with ${reply === null ? 'nothing' : typeof reply}`)
}
