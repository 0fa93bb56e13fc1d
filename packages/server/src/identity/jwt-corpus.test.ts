import { createServer } from 'node:http'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { listen } from '../../../../test/listen.js'
import { AUDIENCE, ISSUER, keyPair, makeToken, part, SECRET } from '../../test/tokens.js'
import { manualClock } from '../conformance/manual-clock.js'
import { jwt } from './jwt.js'
import type { Authenticate, CredentialRequest } from './principal.js'

const START = 1_700_000_000
const GOOD = { iss: ISSUER, aud: AUDIENCE, sub: 'user-7', iat: START, exp: START + 900 }
const rsa = keyPair('RS256')
const ec = keyPair('ES256')

function bearer(token: string): CredentialRequest {
  return { method: 'POST', target: '/', header: () => undefined, bearer: token, address: '192.0.2.1' }
}

const common = { issuer: ISSUER, audience: AUDIENCE, clock: manualClock(START * 1000) }
const bySecret = jwt({ ...common, secret: SECRET })
const byKey = jwt({ ...common, publicKey: rsa.pem })

const [head = '', body = '', seal = ''] = makeToken(GOOD).split('.')

/** What each is, who verifies it, and the token. */
const corpus: readonly (readonly [string, Authenticate, string])[] = [
  ['alg none, unsigned', bySecret, `${part({ alg: 'none' })}.${body}.`],
  ['alg none in other letters', bySecret, `${part({ alg: 'nOnE' })}.${body}.`],
  ['alg none with the signature of a good one', bySecret, `${part({ alg: 'none' })}.${body}.${seal}`],
  ['alg none for a public key', byKey, `${part({ alg: 'none' })}.${body}.`],
  ['no alg', bySecret, `${part({ typ: 'JWT' })}.${body}.${seal}`],
  ['alg that is a list', bySecret, `${part({ alg: ['HS256'] })}.${body}.${seal}`],
  ['the public key as HMAC secret', byKey, makeToken(GOOD, { alg: 'HS256', key: rsa.pem })],
  [
    'the public key without its last line end as HMAC secret',
    byKey,
    makeToken(GOOD, { alg: 'HS256', key: rsa.pem.trim() }),
  ],
  ['HS256 named RS256', byKey, makeToken(GOOD, { alg: 'RS256', key: rsa.pem })],
  ['RS256 where a secret is meant', bySecret, makeToken(GOOD, rsa)],
  ['ES256 where an RSA key is meant', byKey, makeToken(GOOD, ec)],
  ['HS512 with the right secret', bySecret, makeToken(GOOD, { alg: 'HS512', key: SECRET })],
  ['PS256 with the right key', byKey, makeToken(GOOD, { ...rsa, alg: 'PS256' })],
  ['a wrong secret', bySecret, makeToken(GOOD, { alg: 'HS256', key: `${SECRET}.` })],
  ['an empty signature', bySecret, `${head}.${body}.`],
  ['a cut signature', bySecret, `${head}.${body}.${seal.slice(0, -4)}`],
  ['a changed payload', bySecret, `${head}.${part({ ...GOOD, sub: 'admin' })}.${seal}`],
  ['an unknown critical header', bySecret, makeToken(GOOD, undefined, { crit: ['x'], x: 1 })],
  ['an unencoded payload', bySecret, makeToken(GOOD, undefined, { crit: ['b64'], b64: false })],
  ['a wrong issuer', bySecret, makeToken({ ...GOOD, iss: 'https://evil.example' })],
  ['an issuer with a slash more', bySecret, makeToken({ ...GOOD, iss: `${ISSUER}/` })],
  ['an issuer that is a list', bySecret, makeToken({ ...GOOD, iss: [ISSUER] })],
  ['no issuer', bySecret, makeToken({ ...GOOD, iss: undefined })],
  ['a wrong audience', bySecret, makeToken({ ...GOOD, aud: 'other' })],
  ['an audience of which ours is the beginning', bySecret, makeToken({ ...GOOD, aud: 'chat2' })],
  ['no audience', bySecret, makeToken({ ...GOOD, aud: undefined })],
  ['an empty list of audiences', bySecret, makeToken({ ...GOOD, aud: [] })],
  ['no exp', bySecret, makeToken({ ...GOOD, exp: undefined })],
  ['an exp that is text', bySecret, makeToken({ ...GOOD, exp: '9999999999' })],
  ['an exp of null', bySecret, makeToken({ ...GOOD, exp: null })],
  ['expired', bySecret, makeToken({ ...GOOD, exp: START - 60 })],
  ['no iat', bySecret, makeToken({ ...GOOD, iat: undefined })],
  ['an iat that is text', bySecret, makeToken({ ...GOOD, iat: String(START) })],
  ['an iat in the future', bySecret, makeToken({ ...GOOD, iat: START + 600 })],
  ['an iat in milliseconds', bySecret, makeToken({ ...GOOD, iat: START * 1000 })],
  ['an nbf in the future', bySecret, makeToken({ ...GOOD, nbf: START + 60 })],
  ['an nbf that is text', bySecret, makeToken({ ...GOOD, nbf: 'now' })],
  ['no subject', bySecret, makeToken({ ...GOOD, sub: undefined })],
  ['an empty subject', bySecret, makeToken({ ...GOOD, sub: '' })],
  ['a subject that is a number', bySecret, makeToken({ ...GOOD, sub: 7 })],
  ['a subject that is an object', bySecret, makeToken({ ...GOOD, sub: { toString: 'user-7' } })],
  ['a subject of more than 1024 characters', bySecret, makeToken({ ...GOOD, sub: 'x'.repeat(1025) })],
  ['a subject with NUL', bySecret, makeToken({ ...GOOD, sub: 'user-7\0login' })],
  ['a subject with half a character', bySecret, makeToken({ ...GOOD, sub: 'user-\ud800' })],
  ['a login that is a number', bySecret, makeToken({ ...GOOD, sid: 1 })],
  ['an empty login', bySecret, makeToken({ ...GOOD, sid: '' })],
  ['a login with NUL', bySecret, makeToken({ ...GOOD, sid: 'a\0b' })],
  ['permissions that are an object', bySecret, makeToken({ ...GOOD, permissions: { admin: true } })],
  ['permissions with a number among them', bySecret, makeToken({ ...GOOD, permissions: ['a', 1] })],
  ['a payload that is a list', bySecret, makeToken([GOOD])],
  ['a payload that is null', bySecret, makeToken(null)],
  ['a payload that is no JSON', bySecret, makeToken('{')],
  ['a header that is no JSON', bySecret, `${part('{')}.${body}.${seal}`],
  ['more than 8192 characters', bySecret, makeToken({ ...GOOD, note: 'x'.repeat(8192) })],
  ['two tokens as one', bySecret, `${makeToken(GOOD)}${makeToken(GOOD)}`],
  ['two tokens and a dot', bySecret, `${makeToken(GOOD)}.${makeToken(GOOD)}`],
  ['five parts, as of an encrypted token', bySecret, `${head}...${body}.${seal}`],
  ['one part', bySecret, head],
  ['only dots', bySecret, '..'],
  ['no characters', bySecret, ''],
  ['a ticket', bySecret, `wst1_${'a'.repeat(56)}`],
  ['characters that are no base64url', bySecret, `${head}.${body}.${'!'.repeat(43)}`],
]

describe('the corpus of bad tokens', () => {
  it('is verified by those who accept a good one', async () => {
    expect(await bySecret(bearer(makeToken(GOOD)))).toMatchObject({ subject: 'user-7' })
    expect(await byKey(bearer(makeToken(GOOD, rsa)))).toMatchObject({ subject: 'user-7' })
  })

  it.each(corpus)('holds %s, which is invalid', async (_what, authenticate, token) => {
    const answer = await authenticate(bearer(token))
    expect(answer).toMatchObject({ refused: 'credential_invalid' })
    // What the audit log is told holds nothing of the token.
    if (token.length > 20) expect(JSON.stringify(answer)).not.toContain(token.slice(-20))
  })

  it('takes no key from a token: jku, x5u and jwk are not read and nobody is asked', async () => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.end(JSON.stringify({ keys: [evil.jwk('k')] }))
    })
    const evil = keyPair('RS256')
    const { http } = await listen(server)
    const headers: readonly Record<string, unknown>[] = [
      { jku: `${http}/jku`, kid: 'k' },
      { x5u: `${http}/x5u` },
      { jwk: evil.jwk('k') },
      { jku: `${http}/jku`, x5u: `${http}/x5u`, jwk: evil.jwk('k'), x5c: [evil.pem], kid: `${http}/kid` },
    ]
    for (const header of headers) {
      expect(await byKey(bearer(makeToken(GOOD, evil, header)))).toMatchObject({
        refused: 'credential_invalid',
      })
      expect(await byKey(bearer(makeToken(GOOD, rsa, header)))).toMatchObject({ subject: 'user-7' })
    }
    expect(asked).toEqual([])
  })

  it('never makes a principal of what was not signed, and never throws', async () => {
    const json = fc.jsonValue().map((value) => JSON.stringify(value))
    const text = fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.tuple(json, json, fc.base64String()).map(([a, b, c]) => `${part(a)}.${part(b)}.${c}`),
      fc.tuple(fc.nat(), fc.nat({ max: 255 })).map(([at, byte]) => changed(makeToken(GOOD), at, byte)),
    )
    await fc.assert(
      fc.asyncProperty(text, async (token) => {
        const answer = await bySecret(bearer(token))
        expect(answer).toMatchObject(
          token === makeToken(GOOD) ? { subject: 'user-7' } : { refused: 'credential_invalid' },
        )
      }),
    )
  })
})

function changed(token: string, at: number, byte: number): string {
  const bytes = Buffer.from(token)
  // The last character has two bits that say nothing: there, another spelling is the same signature.
  bytes[at % (bytes.length - 1)] = byte
  return bytes.toString('latin1')
}
