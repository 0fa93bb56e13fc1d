import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isSubprotocol,
  REFUSED_PROTOCOL,
  RESERVED_PROTOCOL_PREFIX,
  readCarriers,
  TICKET_PARAMETERS,
  ticketProtocols,
  ticketUrl,
  WSTICKET_PROTOCOL,
} from './carriers.js'

const A = `wst1_7f${'A'.repeat(54)}`
const B = `wst1_7f${'B'.repeat(54)}`

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
          target,
          protocols: own,
          offersTicketProtocol: true,
          offersRefusals: refusals,
        })
      }),
    )
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
          target,
          protocols: own,
          offersTicketProtocol: false,
          offersRefusals: false,
        })
      }),
    )
  })
})

describe('readCarriers, query', () => {
  it.each(TICKET_PARAMETERS)('reads the parameter %s and takes it out', (name) => {
    const { found, target } = readCarriers({ target: `/ws?a=1&${name}=${A}&b=2` })
    expect(found).toEqual({ kind: 'ticket', ticket: A, carrier: 'query' })
    expect(target).toBe('/ws?a=1&b=2')
  })

  it('leaves parameters of those names alone that hold no ticket', () => {
    const target = '/ws?ticket=42&auth_ticket=&ticket_id&ticket=Wst1_no&x=wst1_elsewhere'
    expect(readCarriers({ target })).toMatchObject({ found: { kind: 'none' }, target })
  })

  it('takes out every copy of one ticket', () => {
    const target = `/ws?ticket=${A}&ticket=${A}&auth_ticket=${A}&k=v`
    expect(readCarriers({ target })).toMatchObject({
      found: { kind: 'ticket', ticket: A, carrier: 'query' },
      target: '/ws?k=v',
    })
  })

  it('keeps the other parameter of the same name beside a ticket', () => {
    expect(readCarriers({ target: `/ws?ticket=42&ticket=${A}` })).toMatchObject({
      found: { kind: 'ticket', ticket: A },
      target: '/ws?ticket=42',
    })
  })

  it('drops the question mark with the last parameter', () => {
    expect(readCarriers({ target: `/ws?ticket=${A}` }).target).toBe('/ws')
  })

  it('reads percent-encoded names and values', () => {
    const name = '%74icket'
    const value = A.replace('_', '%5F')
    expect(readCarriers({ target: `/ws?${name}=${value}&a=%20` })).toMatchObject({
      found: { kind: 'ticket', ticket: A },
      target: '/ws?a=%20',
    })
  })

  it('survives broken percent-encoding and still takes the ticket out', () => {
    expect(readCarriers({ target: `/ws?%zz=1&ticket=${A}%&%E0=2` })).toMatchObject({
      found: { kind: 'ticket', ticket: `${A}%` },
      target: '/ws?%zz=1&%E0=2',
    })
  })

  it('finds two different tickets ambiguous and takes both out', () => {
    expect(readCarriers({ target: `/ws?ticket=${A}&ticket_id=${B}&k=v` })).toMatchObject({
      found: { kind: 'ambiguous' },
      target: '/ws?k=v',
    })
  })

  it('never lets a ticket through in the target, whatever stands around it', () => {
    fc.assert(
      fc.property(
        tickets,
        fc.array(
          fc.oneof(
            run('ab=%', 0, 6),
            fc.constantFrom(...TICKET_PARAMETERS).map((name) => `${name}=`),
          ),
        ),
        fc.constantFrom(...TICKET_PARAMETERS),
        fc.nat(10),
        (ticket, pairs, name, at) => {
          const all = pairs.toSpliced(at, 0, `${name}=${ticket}`)
          const reading = readCarriers({ target: `/ws?${all.join('&')}` })
          expect(reading.found).toEqual({ kind: 'ticket', ticket, carrier: 'query' })
          expect(reading.target).toBe(pairs.length === 0 ? '/ws' : `/ws?${pairs.join('&')}`)
        },
      ),
    )
  })
})

describe('readCarriers, subprotocols', () => {
  it('reads a ticket only beside wsticket.v1, and hides it even so', () => {
    expect(readCarriers({ target: '/ws', protocolHeader: `wsticket.${A}, chat` })).toEqual({
      found: { kind: 'none' },
      target: '/ws',
      protocols: ['chat'],
      offersTicketProtocol: false,
      offersRefusals: false,
    })
  })

  it('hides everything that begins with wsticket. from the application', () => {
    const protocolHeader = 'wsticket.v1, wsticket.v2, wsticket.garbage, wsticket., wsticket, chat'
    expect(readCarriers({ target: '/', protocolHeader })).toMatchObject({
      found: { kind: 'none' },
      protocols: ['wsticket', 'chat'],
    })
  })

  it('hides jwt.<token> beside wsticket.v1 only, since elsewhere the name is the application’s', () => {
    expect(
      readCarriers({ target: '/', protocolHeader: 'wsticket.v1, jwt.aaa.bbb.ccc, chat' }).protocols,
    ).toEqual(['chat'])
    expect(readCarriers({ target: '/', protocolHeader: 'jwt.aaa.bbb.ccc, chat' }).protocols).toEqual([
      'jwt.aaa.bbb.ccc',
      'chat',
    ])
  })

  it('takes one ticket in both carriers as one', () => {
    expect(
      readCarriers({ target: `/ws?ticket=${A}&k=v`, protocolHeader: `wsticket.v1,wsticket.${A}` }),
    ).toMatchObject({ found: { kind: 'ticket', ticket: A, carrier: 'subprotocol' }, target: '/ws?k=v' })
  })

  it('finds two different tickets ambiguous, in one carrier or across both', () => {
    expect(
      readCarriers({ target: '/ws', protocolHeader: `wsticket.v1, wsticket.${A}, wsticket.${B}` }).found,
    ).toEqual({ kind: 'ambiguous' })
    const across = readCarriers({
      target: `/ws?auth_ticket=${B}`,
      protocolHeader: `wsticket.v1, wsticket.${A}, wsticket.refused`,
    })
    expect(across).toMatchObject({ found: { kind: 'ambiguous' }, target: '/ws', offersRefusals: true })
  })

  it('reads a list without spaces, with tabs, and several header lines joined', () => {
    expect(readCarriers({ target: '/', protocolHeader: `a,wsticket.v1,\twsticket.${A} ,  b` })).toMatchObject(
      { found: { kind: 'ticket', ticket: A }, protocols: ['a', 'b'] },
    )
  })

  it.each([
    ['an empty header', ''],
    ['an empty name', 'wsticket.v1,,chat'],
    ['a trailing comma', 'wsticket.v1,'],
    ['a space inside a name', 'wsticket.v1, my chat'],
    ['a character that no token holds', 'wsticket.v1, chat/2'],
    ['a name outside ASCII', 'wsticket.v1, plaudern.ß'],
    ['the same name twice', 'wsticket.v1, chat, chat'],
    ['the same ticket offered twice', `wsticket.v1, wsticket.${A}, wsticket.${A}`],
  ])('finds %s malformed and believes nothing of it', (_, protocolHeader) => {
    expect(readCarriers({ target: `/ws?ticket=${A}`, protocolHeader })).toEqual({
      found: { kind: 'malformed' },
      target: '/ws',
      protocols: [],
      offersTicketProtocol: false,
      offersRefusals: false,
    })
  })

  it('gives an answer for any header and any target', () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (target, protocolHeader) => {
        const reading = readCarriers({ target, protocolHeader })
        expect(['none', 'ticket', 'ambiguous', 'malformed']).toContain(reading.found.kind)
        expect(reading.protocols.some((name) => name.startsWith('wsticket.'))).toBe(false)
      }),
    )
  })
})
