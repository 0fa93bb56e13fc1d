import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isRef,
  looksLikeTicket,
  parseTicket,
  redact,
  TICKET_LENGTH,
  TICKET_PATTERN,
  TICKET_PREFIX,
} from './ticket.js'

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const HEX = '0123456789abcdef'

const run = (alphabet: string, minLength: number, maxLength: number = minLength) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength })

const parts = fc.record({ shard: run(HEX, 2), secret: run(BASE64URL, 43), seal: run(BASE64URL, 11) })
const tickets = parts.map(({ shard, secret, seal }) => `wst1_${shard}${secret}${seal}`)
const jwts = fc
  .tuple(run(BASE64URL, 5, 80), run(BASE64URL, 2, 200), run(BASE64URL, 0, 86))
  .map(([header, payload, signature]) => `eyJ${header}.${payload}.${signature}`)

describe('parseTicket', () => {
  it('gives back the parts that a ticket is made of', () => {
    fc.assert(
      fc.property(parts, ({ shard, secret, seal }) => {
        const sealed = `${TICKET_PREFIX}${shard}${secret}`
        expect(parseTicket(sealed + seal)).toEqual({ shard, secret, seal, sealed })
        expect((sealed + seal).length).toBe(TICKET_LENGTH)
      }),
    )
  })

  it('accepts nothing but the exact form, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => TICKET_PREFIX + text),
          tickets,
        ),
        (text) => {
          const wellFormed = /^wst1_[0-9a-f]{2}[A-Za-z0-9_-]{54}$/.test(text)
          expect(parseTicket(text) !== undefined).toBe(wellFormed)
        },
      ),
    )
  })

  it('refuses a ticket that is one character off anywhere', () => {
    fc.assert(
      fc.property(tickets, fc.nat(TICKET_LENGTH - 1), (ticket, at) => {
        expect(parseTicket(ticket.slice(0, at) + ticket.slice(at + 1))).toBeUndefined()
        expect(parseTicket(`${ticket.slice(0, at)}A${ticket.slice(at)}`)).toBeUndefined()
        expect(parseTicket(`${ticket.slice(0, at)}!${ticket.slice(at + 1)}`)).toBeUndefined()
      }),
    )
  })

  it.each([
    ['an empty text', ''],
    ['the prefix alone', 'wst1_'],
    ['a trailing newline', `wst1_7f${'a'.repeat(54)}\n`],
    ['leading space', ` wst1_7f${'a'.repeat(54)}`],
    ['an upper-case shard', `wst1_7F${'a'.repeat(54)}`],
    ['another version', `wst2_7f${'a'.repeat(54)}`],
    ['base64 with padding', `wst1_7f${'a'.repeat(53)}=`],
  ])('refuses %s', (_, text) => {
    expect(parseTicket(text)).toBeUndefined()
  })
})

describe('looksLikeTicket', () => {
  it('goes by the prefix alone', () => {
    expect(looksLikeTicket('wst1_')).toBe(true)
    expect(looksLikeTicket('wst1_garbage')).toBe(true)
    expect(looksLikeTicket('WST1_garbage')).toBe(false)
    expect(looksLikeTicket(' wst1_')).toBe(false)
    expect(looksLikeTicket('')).toBe(false)
  })
})

describe('isRef', () => {
  it('takes a shard and 22 base64url characters', () => {
    fc.assert(fc.property(run(HEX, 2), run(BASE64URL, 22), (shard, hash) => isRef(shard + hash)))
  })

  it('takes nothing else, least of all a ticket', () => {
    fc.assert(fc.property(tickets, (ticket) => !isRef(ticket)))
    for (const text of [
      '',
      '7f',
      `7F${'a'.repeat(22)}`,
      `7f${'a'.repeat(21)}`,
      `7f${'a'.repeat(23)}`,
      `7f${'a'.repeat(21)}.`,
    ]) {
      expect(isRef(text), text).toBe(false)
    }
  })
})

describe('TICKET_PATTERN', () => {
  it('finds a whole ticket in the midst of a text', () => {
    fc.assert(
      fc.property(
        tickets,
        (ticket) => new RegExp(TICKET_PATTERN).exec(`GET /ws?ticket=${ticket}&a=b`)?.[0] === ticket,
      ),
    )
  })
})

describe('redact', () => {
  it('hides a whole ticket wherever it stands', () => {
    fc.assert(
      fc.property(tickets, (ticket) => {
        for (const text of [
          ticket,
          `GET /ws?ticket=${ticket}&room=1 HTTP/1.1`,
          `wsticket.v1, wsticket.${ticket}, wsticket.refused`,
          `wss://u:p@host/ws?a=1&auth_ticket=${ticket}#x`,
          JSON.stringify({ ticket_id: ticket }),
        ]) {
          expect(redact(text)).toBe(text.replace(ticket, 'wst1_[redacted]'))
        }
      }),
    )
  })

  it('hides what is left of a truncated ticket', () => {
    fc.assert(
      fc.property(
        tickets,
        fc.integer({ min: TICKET_PREFIX.length + 1, max: TICKET_LENGTH }),
        (ticket, length) => {
          expect(redact(`ticket=${ticket.slice(0, length)}`)).toBe('ticket=wst1_[redacted]')
        },
      ),
    )
  })

  it('hides a ticket whose characters stand percent-encoded, as the query carrier reads those too', () => {
    fc.assert(
      fc.property(tickets, fc.infiniteStream(fc.boolean()), fc.boolean(), (ticket, choices, upper) => {
        const encoded = [...ticket]
          .map((character) => {
            if (choices.next().value === false) return character
            const hex = character.charCodeAt(0).toString(16)
            return `%${upper ? hex.toUpperCase() : hex}`
          })
          .join('')
        expect(redact(`/ws?a=b&ticket=${encoded}&c=d`)).toBe('/ws?a=b&ticket=wst1_[redacted]&c=d')
      }),
    )
  })

  it('hides a JWT wherever it stands, whole or cut off after its header', () => {
    fc.assert(
      fc.property(jwts, fc.nat(300), (jwt, cut) => {
        const header = jwt.indexOf('.')
        const piece = jwt.slice(0, Math.max(header + 2, cut))
        for (const before of [
          '',
          'Authorization: Bearer ',
          'access_token=',
          'Bearer%20',
          'wsticket.v1, jwt.',
          '"',
          'x_',
        ]) {
          expect(redact(`${before}${piece} end`)).toBe(`${before}[redacted jwt] end`)
        }
      }),
    )
  })

  it('hides the five parts of an encrypted JWT, of which the second may be empty', () => {
    expect(redact('t=eyJhbGciOiJkaXIifQ..aXZpdml2.Y2lwaGVydGV4dA.dGFn&x')).toBe('t=[redacted jwt]&x')
  })

  it('hides several secrets in one text', () => {
    const ticket = `wst1_7f${'a'.repeat(54)}`
    expect(redact(`${ticket} ${ticket},eyJhbGciOiJ9.eyJzdWIi.sig;eyJhbGciOiJ9.eyJzdWIi.sig`)).toBe(
      'wst1_[redacted] wst1_[redacted],[redacted jwt];[redacted jwt]',
    )
  })

  it('leaves a text without secrets as it is', () => {
    for (const text of [
      '',
      'GET /ws?room=1 HTTP/1.1',
      'wst1_',
      'index.js at www.example.com. eyJ is a prefix, a.eyJx.b a short word.',
      `ref=7f${'eyJhbGciOi'.repeat(2)}ab`,
      'eyJhbGciOiJFUzI1NiJ9',
    ]) {
      expect(redact(text)).toBe(text)
    }
  })

  it('changes nothing the second time', () => {
    const pieces = fc.array(fc.oneof(fc.string(), tickets, jwts)).map((list) => list.join(' '))
    fc.assert(fc.property(pieces, (text) => redact(redact(text)) === redact(text)))
  })

  it('takes linear time on text made to be slow', () => {
    // Regression: a JWT pattern that could begin at every `eyJ` scanned a run without a dot from each of them,
    // so that one request line of this kind held the event loop for minutes.
    for (const text of [
      'eyJ'.repeat(1_000_000),
      'wst1'.repeat(500_000),
      `${'a.'.repeat(1_000_000)}!`,
      '%77'.repeat(500_000),
    ]) {
      expect(redact(text)).toBe(text)
    }
  })
})
