import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { createRemoteJWKSet, customFetch, type JWKSCacheInput, type JWTVerifyGetKey, jwksCache } from 'jose'
import { WsticketError } from '../errors.js'

/** Algorithms that tokens may be signed with. */
export type JwtAlgorithm = 'HS256' | 'RS256' | 'ES256' | 'EdDSA'

/** Where the key comes from. At most one; none means OIDC discovery at the issuer. */
export interface KeySource {
  /** Shared secret of HS256: at least 32 bytes; text counts in UTF-8. */
  readonly secret?: string | Uint8Array | undefined
  /** Public key in PEM. */
  readonly publicKey?: string | undefined
  /** Address of a JWK set. Fixed: nothing in a token can change it, and redirects are not followed. */
  readonly jwksUrl?: string | undefined
}

/** A key, or a way to find it, with the algorithms that go with it. */
export interface KeyFinder {
  readonly key: () => Promise<KeyObject | JWTVerifyGetKey>
  readonly algorithms: readonly JwtAlgorithm[]
  /** For how many milliseconds more what was verified with these keys can be relied on. */
  readonly freshForMs: () => number
}

export interface KeyFetching {
  readonly fetch: typeof fetch
  readonly timeoutMs: number
}

// RFC 7518, 3.2: a key of the hash's size or larger.
const SECRET_MIN_BYTES = 32
// A token with an unknown key id makes the set be read again, but not more often than this.
const COOLDOWN_MS = 30_000
// A key that is taken out of the set is trusted no longer than this.
const JWKS_MAX_AGE_MS = 60_000
const RSA_MIN_BITS = 2048
// Not 'error', which Workers do not know. The redirect is then the answer, and no good one.
const NOT_FOLLOWED = 'manual'
const ASYMMETRIC: readonly JwtAlgorithm[] = ['RS256', 'ES256', 'EdDSA']

/** Finds the keys that an issuer signs with. */
export function findKeys(issuer: string, source: KeySource, fetching: KeyFetching): KeyFinder {
  const given = Object.entries(source).filter(([, value]) => value !== undefined)
  if (given.length > 1) {
    throw new TypeError(
      `jwt: ${given.map(([name]) => name).join(' and ')} exclude each other; give one of them`,
    )
  }
  if (source.secret !== undefined) return secretKey(source.secret)
  if (source.publicKey !== undefined) return publicKey(source.publicKey)
  const { jwksUrl } = source
  const age = unread()
  const jwks = jwksUrl === undefined ? undefined : remoteKeys(parseUrl(jwksUrl, 'jwksUrl'), fetching, age)
  const key = jwks === undefined ? discovered(parseUrl(issuer, 'issuer'), fetching, age) : async () => jwks
  // The time of the set is by the machine's clock, whatever clock tokens are held against.
  const freshForMs = (): number => ('uat' in age ? JWKS_MAX_AGE_MS - (Date.now() - age.uat) : 0)
  return { key, algorithms: ASYMMETRIC, freshForMs }
}

// Where the reader of a key set writes down when it read the set.
type SetAge = JWKSCacheInput

function unread(): SetAge {
  return {}
}

function forever(): number {
  return Number.POSITIVE_INFINITY
}

function secretKey(secret: string | Uint8Array): KeyFinder {
  // Everybody has the public key: as a secret it would let everybody sign.
  if (typeof secret === 'string' && secret.includes('-----BEGIN ')) {
    throw new TypeError('jwt: secret is a key in PEM; give a public key as publicKey')
  }
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
  if (bytes.byteLength < SECRET_MIN_BYTES) {
    throw new TypeError(
      `jwt: secret must have at least ${SECRET_MIN_BYTES} bytes; it has ${bytes.byteLength}`,
    )
  }
  const key = createSecretKey(bytes)
  return { key: async () => key, algorithms: ['HS256'], freshForMs: forever }
}

function publicKey(pem: string): KeyFinder {
  const key = readPublicKey(pem)
  const bits = key.asymmetricKeyDetails?.modulusLength
  if (bits !== undefined && bits < RSA_MIN_BITS) {
    throw new TypeError(`jwt: publicKey has ${bits} bits; RSA keys must have at least ${RSA_MIN_BITS}`)
  }
  const algorithm = algorithmOf(key)
  if (algorithm === undefined) {
    throw new TypeError(
      `jwt: publicKey is of type ${key.asymmetricKeyType}; it must be RSA, EC P-256 or Ed25519`,
    )
  }
  return { key: async () => key, algorithms: [algorithm], freshForMs: forever }
}

function readPublicKey(pem: string): KeyObject {
  if (pem.includes('PRIVATE KEY-----')) {
    throw new TypeError('jwt: publicKey is a private key; whoever only verifies must not have it')
  }
  try {
    return createPublicKey(pem)
  } catch {
    throw new TypeError('jwt: publicKey is not a public key in PEM (-----BEGIN PUBLIC KEY-----)')
  }
}

function algorithmOf(key: KeyObject): JwtAlgorithm | undefined {
  if (key.asymmetricKeyType === 'rsa') return 'RS256'
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA'
  return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'ES256' : undefined
}

function remoteKeys(url: URL, { fetch, timeoutMs }: KeyFetching, age: SetAge): JWTVerifyGetKey {
  return createRemoteJWKSet(url, {
    timeoutDuration: timeoutMs,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: JWKS_MAX_AGE_MS,
    [jwksCache]: age,
    [customFetch]: (address, init) => fetch(address, { ...init, redirect: NOT_FOLLOWED }),
  })
}

/** Asks the issuer for its keys' address, once; a failure is asked again at the next token. */
function discovered(issuer: URL, fetching: KeyFetching, age: SetAge): () => Promise<JWTVerifyGetKey> {
  let found: Promise<JWTVerifyGetKey> | undefined
  return () => {
    found ??= discover(issuer, fetching, age).catch((error: unknown) => {
      found = undefined
      throw error
    })
    return found
  }
}

async function discover(issuer: URL, fetching: KeyFetching, age: SetAge): Promise<JWTVerifyGetKey> {
  const base = issuer.href.endsWith('/') ? issuer.href.slice(0, -1) : issuer.href
  const url = `${base}/.well-known/openid-configuration`
  const signal = AbortSignal.timeout(fetching.timeoutMs)
  // Called without an object before it: some runtimes insist.
  const { fetch } = fetching
  const answer = await fetch(url, {
    redirect: NOT_FOLLOWED,
    signal,
    headers: { accept: 'application/json' },
  })
  if (!answer.ok) throw unavailable(`${url} answered ${answer.status}`)
  const metadata: unknown = await answer.json()
  if (typeof metadata !== 'object' || metadata === null) throw unavailable(`${url} is not a JSON object`)
  const said = 'issuer' in metadata ? metadata.issuer : undefined
  // OpenID Connect Discovery 1.0, 4.3: another issuer's document must not be used.
  if (said !== issuer.href && said !== base) throw unavailable(`${url} is of another issuer`)
  const jwksUrl = 'jwks_uri' in metadata ? metadata.jwks_uri : undefined
  if (typeof jwksUrl !== 'string' || !URL.canParse(jwksUrl)) throw unavailable(`${url} has no jwks_uri`)
  const address = new URL(jwksUrl)
  if (issuer.protocol === 'https:' && address.protocol !== 'https:') {
    throw unavailable(`${url} leads to keys without TLS`)
  }
  return remoteKeys(address, fetching, age)
}

function unavailable(message: string): WsticketError {
  return new WsticketError('identity_unavailable', message)
}

function parseUrl(text: string, option: string): URL {
  if (URL.canParse(text)) return new URL(text)
  throw new TypeError(
    `jwt: ${option} is ${JSON.stringify(text)}; it must be a URL such as https://id.example.com/`,
  )
}
