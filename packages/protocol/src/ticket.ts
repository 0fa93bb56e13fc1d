/** What every ticket of this format version begins with, so that scanners and redaction can find it. */
export const TICKET_PREFIX = 'wst1_'

/** Characters of a whole ticket: prefix 5, shard 2, secret 43, seal 11. */
export const TICKET_LENGTH = 61

const TICKET = /^wst1_([0-9a-f]{2})([A-Za-z0-9_-]{43})([A-Za-z0-9_-]{11})$/
const REF = /^[0-9a-f]{2}[A-Za-z0-9_-]{22}$/

// Longer and shorter runs than a whole ticket are hidden as well: half a ticket is still half a secret.
const TICKET_IN_TEXT = /wst1_[A-Za-z0-9_-]+/g
// Three base64url parts whose first begins as every JSON object does (`{"` encodes to `eyJ`).
const JWT_IN_TEXT = /eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]*/g

/** The source of a regular expression that finds whole tickets, for log pipelines and secret scanners. */
export const TICKET_PATTERN = 'wst1_[A-Za-z0-9_-]{56}'

/** The parts of a well-formed ticket. Well-formed says nothing about whether anyone issued it. */
export interface TicketParts {
  /** Two hexadecimal characters: the first byte of the subject's key. */
  readonly shard: string
  /** 43 base64url characters that carry 256 random bits. */
  readonly secret: string
  /** 11 base64url characters: a truncated HMAC over all that stands before them. */
  readonly seal: string
  /** What the seal is computed over: prefix, shard and secret. */
  readonly sealed: string
}

/**
 * Splits a ticket into its parts, or gives `undefined` for anything that is not one.
 *
 * Checks the form only; the seal is checked by the server that holds the key.
 */
export function parseTicket(text: string): TicketParts | undefined {
  const match = TICKET.exec(text)
  if (match === null) return undefined
  const [, shard, secret, seal] = match
  if (shard === undefined || secret === undefined || seal === undefined) return undefined
  return { shard, secret, seal, sealed: text.slice(0, TICKET_LENGTH - seal.length) }
}

/** Tells whether a text claims to be a ticket, that is, begins as one. */
export function looksLikeTicket(text: string): boolean {
  return text.startsWith(TICKET_PREFIX)
}

/** Tells whether a text has the form of a ref, a ticket's public handle: 24 characters. */
export function isRef(text: string): boolean {
  return REF.test(text)
}

/**
 * Hides tickets and JWTs in a text that is about to be logged.
 *
 * @example
 * redact('GET /ws?ticket=wst1_7fAbc…') // 'GET /ws?ticket=wst1_[redacted]'
 */
export function redact(text: string): string {
  return text.replace(TICKET_IN_TEXT, 'wst1_[redacted]').replace(JWT_IN_TEXT, '[redacted jwt]')
}
