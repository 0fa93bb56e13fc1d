import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TICKET_PARAMETERS } from './carriers.js'
import { readCarriers } from './carriers-reading.js'

const A = `wst1_7f${'A'.repeat(54)}`
const B = `wst1_7f${'B'.repeat(54)}`
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl'

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const run = (alphabet: string, minLength: number, maxLength: number = minLength) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength })
const tickets = run(BASE64URL, 54).map((rest) => `wst1_7f${rest}`)

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
      jwt: undefined,
      unreadable: true,
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
      jwt: undefined,
      unreadable: false,
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

describe('readCarriers, JWT', () => {
  const read = (...names: string[]) => readCarriers({ target: '/ws', protocolHeader: names.join(', ') })

  it('reads it beside wsticket.v1, and hides it', () => {
    expect(read('wsticket.v1', `jwt.${JWT}`, 'chat')).toMatchObject({
      found: { kind: 'none' },
      jwt: JWT,
      protocols: ['chat'],
    })
    expect(read(`jwt.${JWT}`, 'wsticket.v1')).toMatchObject({ jwt: JWT, protocols: [] })
  })

  it('leaves the application its own names where wsticket.v1 is not beside them', () => {
    expect(read(`jwt.${JWT}`, 'wsticket.refused')).toMatchObject({
      jwt: undefined,
      protocols: [`jwt.${JWT}`],
    })
    expect(read('wsticket.v1', 'jwt', 'JWT.a.b', 'xjwt.a')).toMatchObject({
      jwt: undefined,
      protocols: ['jwt', 'JWT.a.b', 'xjwt.a'],
    })
  })

  it('finds a ticket and a JWT side by side, and leaves it to others which one counts', () => {
    expect(read('wsticket.v1', `jwt.${JWT}`, `wsticket.${A}`)).toMatchObject({
      found: { kind: 'ticket', ticket: A, carrier: 'subprotocol' },
      jwt: JWT,
      protocols: [],
    })
  })

  it('finds two different ones ambiguous, whatever stands beside them', () => {
    const two = ['wsticket.v1', 'jwt.a.b.c', 'jwt.a.b.d']
    for (const more of [[], [`wsticket.${A}`]]) {
      expect(read(...two, ...more, 'chat')).toMatchObject({
        found: { kind: 'ambiguous' },
        jwt: undefined,
        protocols: ['chat'],
      })
    }
  })

  it('finds the same one twice malformed, as any other name', () => {
    expect(read('wsticket.v1', `jwt.${JWT}`, `jwt.${JWT}`)).toMatchObject({
      found: { kind: 'malformed' },
      jwt: undefined,
      protocols: [],
    })
  })

  it('says that one of no characters is there: who sent it meant to be known', () => {
    expect(read('wsticket.v1', 'jwt.')).toMatchObject({ found: { kind: 'none' }, jwt: '', protocols: [] })
  })
})

describe('readCarriers, what cannot be read', () => {
  it.each([
    ['a ticket without wsticket.v1', `wsticket.${A}`],
    ['a name that is no ticket', 'wsticket.v1, wsticket.undefined'],
    ['an empty name', 'wsticket.v1, wsticket.'],
    ['another version', 'wsticket.v1, wsticket.v2'],
    ['one beside a ticket', `wsticket.v1, wsticket.${A}, wsticket.undefined`],
  ])('tells of %s', (_, protocolHeader) => {
    expect(readCarriers({ target: '/ws', protocolHeader }).unreadable).toBe(true)
  })

  it.each([
    'wsticket.v1',
    'wsticket.v1, wsticket.refused, chat',
    'wsticket.refused',
    'chat',
    `wsticket.v1, wsticket.${A}`,
  ])('does not tell of %s', (protocolHeader) => {
    expect(readCarriers({ target: '/ws', protocolHeader }).unreadable).toBe(false)
  })
})
