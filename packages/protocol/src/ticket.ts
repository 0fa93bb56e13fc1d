/** What every ticket of this format version begins with, so that scanners and redaction can find it. */
export const TICKET_PREFIX = 'wst1_'

/** Characters of a whole ticket: prefix 5, shard 2, secret 43, seal 11. */
export const TICKET_LENGTH = 61

const SECRET_AT = 7
const SEAL_LENGTH = 11
const TICKET = /^wst1_[0-9a-f]{2}[A-Za-z0-9_-]{54}$/
const REF = /^[0-9a-f]{2}[A-Za-z0-9_-]{22}$/

// Longer and shorter runs than a whole ticket are hidden as well: half a ticket is still half a secret. Any
// character may stand percent-encoded, since the query carrier would decode it.
const TICKET_IN_TEXT = /(?:w|%77)(?:s|%73)(?:t|%74)(?:1|%31)(?:_|%5f)[A-Za-z0-9_%-]+/gi
// Parts joined by dots, as a JWT (three) and a JWE (five, some empty) are. The look-behind lets a match begin only
// where a run begins; without it a long run without a dot would be scanned again from each of its characters.
const DOTTED_RUN = /(?<![A-Za-z0-9_-])[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)+/g
// `{"` in base64url, with which every JSON header begins, and the shortest header worth hiding.
const JWT_HEADER_START = 'eyJ'
const JWT_HEADER_MIN = 8

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
  if (!TICKET.test(text)) return undefined
  const sealAt = TICKET_LENGTH - SEAL_LENGTH
  return {
    shard: text.slice(TICKET_PREFIX.length, SECRET_AT),
    secret: text.slice(SECRET_AT, sealAt),
    seal: text.slice(sealAt),
    sealed: text.slice(0, sealAt),
  }
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
  return text.replace(TICKET_IN_TEXT, 'wst1_[redacted]').replace(DOTTED_RUN, hideJwt)
}

// Cuts at the first part that ends in a JWT's header: what stands before it (`jwt.`, `Bearer%20`) tells nothing.
function hideJwt(run: string): string {
  let offset = 0
  for (const part of run.split('.').slice(0, -1)) {
    const start = part.indexOf(JWT_HEADER_START)
    const follows = offset + part.length + 1 < run.length
    if (start !== -1 && part.length - start >= JWT_HEADER_MIN && follows) {
      return `${run.slice(0, offset + start)}[redacted jwt]`
    }
    offset += part.length + 1
  }
  return run
}
