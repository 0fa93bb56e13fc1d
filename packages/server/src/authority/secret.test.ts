import { createHash, createHmac, randomBytes } from 'node:crypto'
import { isRef, parseTicket, TICKET_LENGTH, TICKET_PATTERN } from '@wsticket/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  attemptId,
  cookieHash,
  loginKey,
  mintTicket,
  refOf,
  sealFits,
  subjectKey,
  systemRandom,
} from './secret.js'

const KEY = new Uint8Array(32).fill(7)
const SUBJECT = subjectKey('https://id.example.com', 'ada')

function partsOf(ticket: string): NonNullable<ReturnType<typeof parseTicket>> {
  const parts = parseTicket(ticket)
  if (parts === undefined) throw new Error('no ticket')
  return parts
}

describe('mintTicket', () => {
  test('makes a ticket of the documented form', () => {
    const { ticket, ref } = mintTicket(SUBJECT, KEY, () => new Uint8Array(32).fill(0xff))
    const secret = Buffer.alloc(32, 0xff).toString('base64url')
    const sealed = `wst1_${SUBJECT.slice(0, 2)}${secret}`
    const seal = createHmac('sha256', KEY).update(sealed).digest().subarray(0, 8).toString('base64url')
    expect(ticket).toBe(sealed + seal)
    expect(ticket).toHaveLength(TICKET_LENGTH)
    expect(ticket).toMatch(new RegExp(`^${TICKET_PATTERN}$`))
    const hash = createHash('sha256').update(secret).digest('base64url')
    expect(ref).toBe(SUBJECT.slice(0, 2) + hash.slice(0, 22))
    expect(isRef(ref)).toBe(true)
  })

  test('takes 256 bits from the source of randomness for each', () => {
    const sizes: number[] = []
    const random = (size: number): Uint8Array => {
      sizes.push(size)
      return systemRandom(size)
    }
    const tickets = new Set(Array.from({ length: 100 }, () => mintTicket(SUBJECT, KEY, random).ticket))
    expect(tickets.size).toBe(100)
    expect(new Set(sizes)).toEqual(new Set([32]))
  })

  test('puts nothing of the secret into the ref', () => {
    const { ticket, ref } = mintTicket(SUBJECT, KEY, systemRandom)
    expect(ticket).not.toContain(ref.slice(2))
    expect(partsOf(ticket).secret).not.toContain(ref.slice(2, 10))
  })
})

describe('refOf', () => {
  test('hashes the characters, so that two spellings of the same bytes are two tickets', () => {
    const secret = `${'A'.repeat(42)}A`
    const twin = `${'A'.repeat(42)}B`
    expect(Buffer.from(secret, 'base64url')).toEqual(Buffer.from(twin, 'base64url'))
    expect(refOf({ shard: '7f', secret })).not.toBe(refOf({ shard: '7f', secret: twin }))
  })
})

describe('sealFits', () => {
  test('accepts a seal of any of the keys: the new one and those from before', () => {
    const old = new Uint8Array(randomBytes(32))
    const parts = partsOf(mintTicket(SUBJECT, old, systemRandom).ticket)
    expect(sealFits(parts, [KEY])).toBe(false)
    expect(sealFits(parts, [KEY, old])).toBe(true)
    expect(sealFits(parts, [])).toBe(false)
  })

  test('refuses a ticket in which any one character was changed', () => {
    const { ticket } = mintTicket(SUBJECT, KEY, systemRandom)
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: TICKET_LENGTH - 1 }),
        fc.constantFrom(...'0aZ-_9'),
        (at, character) => {
          const forged = ticket.slice(0, at) + character + ticket.slice(at + 1)
          const parts = parseTicket(forged)
          // The last character of the seal carries two bits of padding, but it is compared as it stands.
          expect(parts !== undefined && sealFits(parts, [KEY])).toBe(forged === ticket)
        },
      ),
    )
  })
})

describe('subjectKey and loginKey', () => {
  test('are hashes: no input reaches a key name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (issuer, subject) => {
        expect(subjectKey(issuer, subject)).toMatch(/^[0-9a-f]{64}$/)
        expect(loginKey(issuer, subject, issuer)).toMatch(/^[0-9a-f]{64}$/)
      }),
    )
    // The first strings of all of Unicode take a busy machine seconds to make.
  }, 30_000)

  test('follow the documented form', () => {
    const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
    expect(subjectKey('iss', 'sub')).toBe(hash('iss\0sub'))
    expect(subjectKey(undefined, 'sub')).toBe(hash('\0sub'))
    expect(loginKey('iss', 'sub', 'sid')).toBe(hash('iss\0sub\0sid'))
    expect(loginKey(undefined, 'sub', 'sid')).toBe(hash('\0sub\0sid'))
  })

  test('keep subjects of one issuer, and equal subjects of two, apart', () => {
    const names = fc.string({ unit: 'binary', maxLength: 8 })
    const issuer = fc.string({ maxLength: 8 }).filter((text) => !text.includes('\0'))
    fc.assert(
      fc.property(issuer, issuer, names, names, (one, other, subject, another) => {
        const same = one === other && subject === another
        expect(subjectKey(one, subject) === subjectKey(other, another)).toBe(same)
      }),
    )
  })
})

test('attemptId takes 128 bits', () => {
  expect(attemptId((size) => new Uint8Array(size).fill(255))).toBe(
    Buffer.alloc(16, 255).toString('base64url'),
  )
})

test('cookieHash keeps a hash of a cookie and not the cookie', () => {
  expect(cookieHash('value')).toBe(createHash('sha256').update('value').digest('base64url'))
})
