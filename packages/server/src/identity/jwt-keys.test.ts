import { generateKeyPairSync } from 'node:crypto'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { listen } from '../../../../test/listen.js'
import { AUDIENCE, ISSUER, type KeyPair, keyPair, makeToken, SECRET } from '../../test/tokens.js'
import type { Clock } from '../clock.js'
import { isWsticketError } from '../errors.js'
import { type JwtOptions, jwt } from './jwt.js'
import type { CredentialRefusal, CredentialRequest, Principal } from './principal.js'

const INVALID = { refused: 'credential_invalid' }
const ADA = { subject: 'ada' }
const rsa = keyPair('RS256')
const ec = keyPair('ES256')
const ed = keyPair('EdDSA')

// The clock of tokens and the machine's, by which jose ages its key set, move together.
const clock: Clock = { now: () => Date.now(), after: () => () => {} }

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 })
})
afterEach(() => {
  vi.useRealTimers()
})

function advance(seconds: number): void {
  vi.setSystemTime(Date.now() + seconds * 1000)
}

/** A key server whose answer can be changed, and which counts who asks. */
async function keyServer(first: readonly object[] | RequestListener): Promise<{
  readonly http: string
  readonly url: string
  readonly asked: string[]
  serve(next: readonly object[] | RequestListener): void
}> {
  const asked: string[] = []
  let answer = first
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    if (typeof answer === 'function') answer(request, response)
    else sendJson(response, { keys: answer })
  })
  const { http } = await listen(server)
  const serve = (next: typeof answer): void => {
    answer = next
  }
  return { http, url: `${http}/jwks.json`, asked, serve }
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
}

type Ask = (token: string) => Promise<Principal | CredentialRefusal | undefined>

function verifier(options: Partial<JwtOptions>): Ask {
  const authenticate = jwt({ issuer: ISSUER, audience: AUDIENCE, clock, timeoutMs: 2000, ...options })
  const request = { method: 'POST', target: '/', header: () => undefined, address: '192.0.2.1' }
  return (bearer) => authenticate({ ...request, bearer } satisfies CredentialRequest)
}

function token(pair: KeyPair, kid?: string, claims: object = {}): string {
  const now = Math.floor(Date.now() / 1000)
  const payload = { iss: ISSUER, aud: AUDIENCE, sub: 'ada', iat: now, exp: now + 3600, ...claims }
  return makeToken(payload, pair, kid === undefined ? {} : { kid })
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  try {
    return { settled: await work }
  } catch (error) {
    return isWsticketError(error) ? error.code : error
  }
}

describe('keys by JWKS', () => {
  it('verifies RS256, ES256 and EdDSA, by key id', async () => {
    const keys = await keyServer([rsa.jwk('r'), ec.jwk('e'), ed.jwk('d')])
    const ask = verifier({ jwksUrl: keys.url })
    expect(await ask(token(rsa, 'r'))).toMatchObject(ADA)
    expect(await ask(token(ec, 'e'))).toMatchObject(ADA)
    expect(await ask(token(ed, 'd'))).toMatchObject(ADA)
    expect(keys.asked).toEqual(['/jwks.json'])
  })

  it('does not take another key than the one that is named', async () => {
    const other = keyPair('RS256')
    const keys = await keyServer([rsa.jwk('r'), other.jwk('o')])
    const ask = verifier({ jwksUrl: keys.url })
    expect(await ask(token(rsa, 'o'))).toMatchObject(INVALID)
    expect(await ask(token(rsa, 'r'))).toMatchObject(ADA)
  })

  it('asks nobody but the configured address, whatever a key id or header says', async () => {
    const evil = keyPair('RS256')
    const trap = await keyServer([evil.jwk('k')])
    const keys = await keyServer([rsa.jwk('r')])
    const ask = verifier({ jwksUrl: keys.url })
    const kids = ['k', '../../k', '/etc/passwd', trap.url, "' or 1=1 --", '\0', '', '__proto__']
    for (const kid of kids) expect(await ask(token(evil, kid))).toMatchObject(INVALID)
    const now = Math.floor(Date.now() / 1000)
    const payload = { iss: ISSUER, aud: AUDIENCE, sub: 'ada', iat: now, exp: now + 900 }
    for (const header of [
      { jku: trap.url },
      { x5u: trap.url },
      { jwk: evil.jwk('r') },
      { kid: 7 },
      { kid: ['r'] },
    ]) {
      expect(await ask(makeToken(payload, evil, { kid: 'r', ...header }))).toMatchObject(INVALID)
    }
    expect(trap.asked).toEqual([])
    // A flood of unknown key ids does not become a flood of requests for keys.
    expect(keys.asked.length).toBe(1)
  })

  it('never takes a public key of the set as a secret', async () => {
    const keys = await keyServer([
      rsa.jwk('r'),
      { kty: 'oct', kid: 's', k: Buffer.from(SECRET).toString('base64url') },
    ])
    const ask = verifier({ jwksUrl: keys.url })
    const now = Math.floor(Date.now() / 1000)
    const payload = { iss: ISSUER, aud: AUDIENCE, sub: 'ada', iat: now, exp: now + 900 }
    expect(await ask(makeToken(payload, { alg: 'HS256', key: rsa.pem }, { kid: 'r' }))).toMatchObject(INVALID)
    expect(await ask(makeToken(payload, { alg: 'HS256', key: SECRET }, { kid: 's' }))).toMatchObject(INVALID)
  })

  it('picks up a new key by the first token that names it', async () => {
    const keys = await keyServer([rsa.jwk('old')])
    const ask = verifier({ jwksUrl: keys.url })
    expect(await ask(token(rsa, 'old'))).toMatchObject(ADA)
    keys.serve([rsa.jwk('old'), ec.jwk('new')])
    expect(await ask(token(ec, 'new'))).toMatchObject(INVALID)
    advance(31)
    expect(await ask(token(ec, 'new'))).toMatchObject(ADA)
  })

  it('drops a key within a minute after it left the set, also for tokens that it verified before', async () => {
    // The set was kept for ten minutes: a key that leaked could go on signing for as long.
    const keys = await keyServer([rsa.jwk('stolen'), ec.jwk('kept')])
    const ask = verifier({ jwksUrl: keys.url })
    expect(await ask(token(ec, 'kept'))).toMatchObject(ADA)
    keys.serve([ec.jwk('kept')])
    advance(55)
    const known = token(rsa, 'stolen')
    expect(await ask(known)).toMatchObject(ADA)
    advance(5)
    expect(await ask(known)).toMatchObject(INVALID)
    expect(await ask(token(rsa, 'stolen', { sub: 'eve' }))).toMatchObject(INVALID)
    expect(await ask(token(ec, 'kept'))).toMatchObject(ADA)
  })

  it('verifies a token once and then remembers it', async () => {
    const keys = await keyServer([rsa.jwk('r')])
    const ask = verifier({ jwksUrl: keys.url })
    const known = token(rsa, 'r')
    const first = await ask(known)
    keys.serve([])
    advance(59)
    expect(await ask(known)).toBe(first)
  })
})

describe('keys that cannot be read', () => {
  const broken: readonly (readonly [string, RequestListener])[] = [
    ['answers 500', (_request, response) => void response.writeHead(500).end('{"keys":[]}')],
    ['answers 404', (_request, response) => void response.writeHead(404).end()],
    ['answers 204', (_request, response) => void response.writeHead(204).end()],
    ['answers something else than JSON', (_request, response) => void response.end('<html>')],
    ['answers JSON that is no key set', (_request, response) => sendJson(response, { keys: 'none' })],
    ['answers null', (_request, response) => sendJson(response, null)],
    ['breaks off', (request) => void request.socket.destroy()],
    [
      'breaks off in the middle',
      (request, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('{"keys":', () => request.socket.destroy())
      },
    ],
  ]

  it.each(broken)(
    'is unavailable, not a principal and not a bad token, when the server %s',
    async (_what, answer) => {
      const keys = await keyServer(answer)
      const ask = verifier({ jwksUrl: keys.url })
      expect(await failure(ask(token(rsa, 'r')))).toBe('identity_unavailable')
      keys.serve([rsa.jwk('r')])
      expect(await ask(token(rsa, 'r'))).toMatchObject(ADA)
    },
  )

  it('is unavailable when nobody listens', async () => {
    const server = createServer()
    const { http, port } = await listen(server)
    expect(port).toBeGreaterThan(0)
    server.close()
    expect(await failure(verifier({ jwksUrl: `${http}/jwks.json` })(token(rsa, 'r')))).toBe(
      'identity_unavailable',
    )
  })

  it('is unavailable when the server takes too long', async () => {
    const keys = await keyServer(() => {})
    expect(await failure(verifier({ jwksUrl: keys.url, timeoutMs: 30 })(token(rsa, 'r')))).toBe(
      'identity_unavailable',
    )
  })

  it('does not follow a redirect', async () => {
    const trap = await keyServer([rsa.jwk('r')])
    const keys = await keyServer(
      (_request, response) => void response.writeHead(302, { location: trap.url }).end(),
    )
    expect(await failure(verifier({ jwksUrl: keys.url })(token(rsa, 'r')))).toBe('identity_unavailable')
    expect(trap.asked).toEqual([])
  })

  it('says what to do and keeps the cause, and names no token', async () => {
    const keys = await keyServer((_request, response) => void response.writeHead(500).end())
    const presented = token(rsa, 'r')
    const error = await verifier({ jwksUrl: keys.url })(presented).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      message: expect.stringContaining(`the keys of ${ISSUER} cannot be read`),
      remedy: expect.stringContaining('address'),
      cause: expect.any(Error),
    })
    expect(String(error)).not.toContain(presented.slice(0, 20))
  })

  it('goes on with the keys it has while they are fresh, and then is unavailable', async () => {
    const keys = await keyServer([rsa.jwk('r')])
    const ask = verifier({ jwksUrl: keys.url })
    expect(await ask(token(rsa, 'r'))).toMatchObject(ADA)
    keys.serve((_request, response) => void response.writeHead(503).end())
    advance(59)
    expect(await ask(token(rsa, 'r', { sub: 'ada', n: 1 }))).toMatchObject(ADA)
    advance(1)
    expect(await failure(ask(token(rsa, 'r', { sub: 'ada', n: 2 })))).toBe('identity_unavailable')
  })
})

describe('keys by OIDC discovery', () => {
  async function provider(
    change: (metadata: Record<string, unknown>) => unknown = (metadata) => metadata,
  ): Promise<{ issuer: string; asked: string[] }> {
    const keys = await keyServer([])
    keys.serve((request, response) => {
      if (request.url === '/jwks') sendJson(response, { keys: [ec.jwk('e')] })
      else sendJson(response, change({ issuer: keys.http, jwks_uri: `${keys.http}/jwks` }))
    })
    return { issuer: keys.http, asked: keys.asked }
  }

  it('finds the keys at the issuer, once', async () => {
    const { issuer, asked } = await provider()
    const ask = verifier({ issuer })
    expect(await ask(token(ec, 'e', { iss: issuer }))).toMatchObject(ADA)
    expect(await ask(token(ec, 'e', { iss: issuer, n: 1 }))).toMatchObject(ADA)
    expect(asked).toEqual(['/.well-known/openid-configuration', '/jwks'])
  })

  it('finds them for an issuer that ends in a slash', async () => {
    const { issuer, asked } = await provider((metadata) => ({
      ...metadata,
      issuer: `${String(metadata.issuer)}/`,
    }))
    const ask = verifier({ issuer: `${issuer}/` })
    expect(await ask(token(ec, 'e', { iss: `${issuer}/` }))).toMatchObject(ADA)
    expect(asked[0]).toBe('/.well-known/openid-configuration')
  })

  const bad: readonly (readonly [string, (metadata: Record<string, unknown>) => unknown])[] = [
    ['of another issuer', (metadata) => ({ ...metadata, issuer: 'https://evil.example' })],
    ['without an issuer', ({ jwks_uri }) => ({ jwks_uri })],
    ['without jwks_uri', ({ issuer }) => ({ issuer })],
    ['with a jwks_uri that is no address', (metadata) => ({ ...metadata, jwks_uri: '/jwks' })],
    ['that is null', () => null],
  ]

  it.each(bad)('is unavailable for a document %s', async (_what, change) => {
    const { issuer } = await provider(change)
    const ask = verifier({ issuer })
    expect(await failure(ask(token(ec, 'e', { iss: issuer })))).toBe('identity_unavailable')
  })

  it('does not follow a redirect', async () => {
    const trap = await provider()
    const keys = await keyServer((_request, response) => {
      response.writeHead(302, { location: `${trap.issuer}/.well-known/openid-configuration` }).end()
    })
    const ask = verifier({ issuer: keys.http })
    expect(await failure(ask(token(ec, 'e', { iss: keys.http })))).toBe('identity_unavailable')
    expect(trap.asked).toEqual([])
  })

  it('asks again after a failure', async () => {
    const keys = await keyServer((_request, response) => void response.writeHead(502).end())
    const ask = verifier({ issuer: keys.http })
    expect(await failure(ask(token(ec, 'e', { iss: keys.http })))).toBe('identity_unavailable')
    keys.serve((request, response) => {
      if (request.url === '/jwks') sendJson(response, { keys: [ec.jwk('e')] })
      else sendJson(response, { issuer: keys.http, jwks_uri: `${keys.http}/jwks` })
    })
    expect(await ask(token(ec, 'e', { iss: keys.http }))).toMatchObject(ADA)
  })

  // Cloudflare's Workers know no redirect: 'error', and no fetch that is called on an object: nobody was let in there.
  it('calls fetch as every runtime has it', async () => {
    const calls: unknown[] = []
    const answers: Record<string, object> = {
      [`${ISSUER}/.well-known/openid-configuration`]: { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` },
      [`${ISSUER}/jwks`]: { keys: [ec.jwk('e')] },
    }
    const strict = async function (
      this: unknown,
      address: string | URL,
      init?: RequestInit,
    ): Promise<Response> {
      calls.push([this, init?.redirect])
      return Response.json(answers[String(address)])
    }
    expect(await verifier({ fetch: strict as typeof fetch })(token(ec, 'e'))).toMatchObject(ADA)
    expect(calls).toEqual([
      [undefined, 'manual'],
      [undefined, 'manual'],
    ])
  })

  it('does not let an issuer with TLS lead to keys without', async () => {
    const asked: string[] = []
    const answer: typeof fetch = async (address) => {
      asked.push(String(address))
      return Response.json({ issuer: ISSUER, jwks_uri: 'http://id.example.com/jwks' })
    }
    expect(await failure(verifier({ fetch: answer })(token(ec, 'e')))).toBe('identity_unavailable')
    expect(asked).toEqual([`${ISSUER}/.well-known/openid-configuration`])
  })
})

describe('misuse', () => {
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const pem = (key: typeof small): string => key.export({ type: 'spki', format: 'pem' }).toString()
  const wrong: readonly (readonly [string, Partial<JwtOptions>, RegExp])[] = [
    [
      'two sources of keys',
      { secret: SECRET, publicKey: rsa.pem },
      /secret and publicKey exclude each other/,
    ],
    ['a short secret', { secret: 'short' }, /at least 32 bytes; it has 5/],
    ['a short secret in bytes', { secret: new Uint8Array(31) }, /at least 32 bytes; it has 31/],
    ['a public key as the secret', { secret: rsa.pem }, /give a public key as publicKey/],
    ['no PEM', { publicKey: 'ssh-ed25519 AAAA' }, /not a public key in PEM/],
    [
      'a private key',
      { publicKey: p384.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
      /publicKey is a private key/,
    ],
    ['a small RSA key', { publicKey: pem(small) }, /has 1024 bits; RSA keys must have at least 2048/],
    [
      'another curve',
      { publicKey: pem(p384.publicKey) },
      /is of type ec; it must be RSA, EC P-256 or Ed25519/,
    ],
    ['another kind of key', { publicKey: pem(generateKeyPairSync('x25519').publicKey) }, /is of type x25519/],
    ['a key address that is none', { jwksUrl: 'jwks.json' }, /jwksUrl is "jwks.json"; it must be a URL/],
    [
      'an issuer that is no address, without keys',
      { issuer: 'accounts' },
      /issuer is "accounts"; it must be a URL/,
    ],
  ]

  it.each(wrong)('refuses %s at start', (_what, options, message) => {
    expect(() => verifier(options)).toThrow(TypeError)
    expect(() => verifier(options)).toThrow(message)
  })

  it('takes a secret in bytes, and an issuer that is no address where it need not be one', async () => {
    const ask = verifier({ issuer: 'accounts', secret: new TextEncoder().encode(SECRET) })
    const now = Math.floor(Date.now() / 1000)
    const payload = { iss: 'accounts', aud: AUDIENCE, sub: 'ada', iat: now, exp: now + 900 }
    expect(await ask(makeToken(payload))).toMatchObject(ADA)
  })
})
