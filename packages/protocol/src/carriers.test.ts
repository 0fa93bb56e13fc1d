import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  anonymousProtocols,
  isSubprotocol,
  jwtProtocols,
  PATHWAYS,
  REFUSED_PROTOCOL,
  RESERVED_PROTOCOL_PREFIX,
  ticketProtocols,
  ticketUrl,
  WSTICKET_PROTOCOL,
} from './carriers.js'
import { readCarriers } from './carriers-reading.js'

const A = `wst1_7f${'A'.repeat(54)}`

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const TOKEN = "!#$%&'*+-.^_`|~0123456789ABCxyz"
const run = (alphabet: string, minLength: number, maxLength: number = minLength) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength })

const tickets = run(BASE64URL, 54).map((rest) => `wst1_7f${rest}`)
// The application's own names: any token but the reserved ones.
const ownProtocols = fc.uniqueArray(
  run(TOKEN, 1, 12).filter((name) => !name.startsWith('wsticket.') && !name.startsWith('jwt.')),
  { maxLength: 5 },
)
// Everything that may stand in a request line after the path, tickets excepted.
const targets = fc
  .tuple(run('abc/%20.~', 0, 12), fc.option(run('abtickeu_=&+%20?/', 0, 40), { nil: undefined }))
  .map(([path, query]) => (query === undefined ? `/${path}` : `/${path}?${query}`))

describe('ticketProtocols', () => {
  it('offers the version, the ticket and the application’s own, in this order', () => {
    expect(ticketProtocols(A)).toEqual(['wsticket.v1', `wsticket.${A}`])
    expect(ticketProtocols(A, { own: ['chat.v2', 'chat.v1'] })).toEqual([
      'wsticket.v1',
      `wsticket.${A}`,
      'chat.v2',
      'chat.v1',
    ])
  })

  it('offers to be told refusals only when asked', () => {
    expect(ticketProtocols(A, { refusals: true, own: ['chat'] })).toEqual([
      WSTICKET_PROTOCOL,
      `wsticket.${A}`,
      REFUSED_PROTOCOL,
      'chat',
    ])
    expect(ticketProtocols(A, { refusals: false })).not.toContain(REFUSED_PROTOCOL)
  })

  it('gives any ticket back whole, one of your own making too', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (ticket) => {
        const url = new URL(ticketUrl('wss://h/ws?room=1#top', ticket))
        expect([...url.searchParams]).toEqual([
          ['room', '1'],
          ['ticket', ticket],
        ])
        expect(url.hash).toBe('#top')
      }),
      { examples: [['a&admin=1'], ['a#b'], ['a+b c'], ['100%']] },
    )
  })

  it('is read back by the other side: same ticket, same protocols, same target', () => {
    fc.assert(
      fc.property(tickets, ownProtocols, targets, fc.boolean(), (ticket, own, target, refusals) => {
        const protocolHeader = ticketProtocols(ticket, { own, refusals }).join(', ')
        expect(readCarriers({ target, protocolHeader })).toEqual({
          found: { kind: 'ticket', ticket, carrier: 'subprotocol' },
          jwt: undefined,
          unreadable: false,
          target,
          protocols: own,
          offersTicketProtocol: true,
          offersRefusals: refusals,
        })
      }),
    )
  })
})

describe('jwtProtocols', () => {
  const jwts = fc.tuple(run(BASE64URL, 1, 40), run(BASE64URL, 1, 40), run(BASE64URL, 0, 40))

  it('offers the version and the JWT, and is read back by the other side', () => {
    expect(jwtProtocols('aaa.bbb.ccc')).toEqual(['wsticket.v1', 'jwt.aaa.bbb.ccc'])
    fc.assert(
      fc.property(jwts, ownProtocols, targets, (parts, own, target) => {
        const jwt = parts.join('.')
        const protocolHeader = [...jwtProtocols(jwt), REFUSED_PROTOCOL, ...own].join(', ')
        expect(readCarriers({ target, protocolHeader })).toEqual({
          found: { kind: 'none' },
          jwt,
          unreadable: false,
          target,
          protocols: own,
          offersTicketProtocol: true,
          offersRefusals: true,
        })
      }),
    )
  })

  // A browser says `The subprotocol 'jwt.…' is invalid`, and that ends up in somebody's error tracker.
  it('throws for what no subprotocol can hold, and does not say what it was', () => {
    for (const jwt of ['', 'Bearer eyJhbGciOi', 'a,b', 'a/b+c==', 'ü', 'a\n']) {
      expect(() => jwtProtocols(jwt), jwt).toThrow(TypeError)
      expect(() => jwtProtocols(jwt), jwt).toThrow(
        'wsticket: this JWT has characters that no subprotocol may have, or none at all',
      )
    }
  })
})

describe('anonymousProtocols', () => {
  it('carry nothing, and can be selected', () => {
    expect(anonymousProtocols).toEqual(['wsticket.v1'])
    const reading = readCarriers({ target: '/', protocolHeader: anonymousProtocols.join() })
    expect(reading).toMatchObject({ found: { kind: 'none' }, jwt: undefined, unreadable: false })
  })
})

describe('PATHWAYS', () => {
  it('prefers the ticket, and no credential least', () => {
    expect(PATHWAYS).toEqual(['ticket', 'jwt_subprotocol', 'anonymous'])
  })
})

describe('isSubprotocol', () => {
  it('wants a token, as RFC 6455 does', () => {
    fc.assert(fc.property(run(TOKEN, 1, 20), isSubprotocol))
    for (const name of ['', 'my chat', 'a,b', 'a/b', 'é', 'a\n'])
      expect(isSubprotocol(name), name).toBe(false)
  })

  it('reserves the names that the ticket rides under', () => {
    const names = ticketProtocols(A, { refusals: true })
    expect(names.every((name) => name.startsWith(RESERVED_PROTOCOL_PREFIX) && isSubprotocol(name))).toBe(true)
  })
})

describe('ticketUrl', () => {
  it('puts the ticket behind what is there and before the fragment', () => {
    expect(ticketUrl('wss://h/ws', A)).toBe(`wss://h/ws?ticket=${A}`)
    expect(ticketUrl('wss://h/ws?room=1', A)).toBe(`wss://h/ws?room=1&ticket=${A}`)
    expect(ticketUrl('wss://h/ws#top', A)).toBe(`wss://h/ws?ticket=${A}#top`)
    expect(ticketUrl('wss://h/ws?room=1#a?b', A)).toBe(`wss://h/ws?room=1&ticket=${A}#a?b`)
  })

  it('is read back by the other side: same ticket, and the rest of the target byte for byte', () => {
    fc.assert(
      fc.property(tickets, targets, ownProtocols, (ticket, target, own) => {
        const reading = readCarriers({
          target: ticketUrl(target, ticket),
          protocolHeader: own.length === 0 ? undefined : own.join(','),
        })
        expect(reading).toEqual({
          found: { kind: 'ticket', ticket, carrier: 'query' },
          jwt: undefined,
          unreadable: false,
          target,
          protocols: own,
          offersTicketProtocol: false,
          offersRefusals: false,
        })
      }),
    )
  })
})
