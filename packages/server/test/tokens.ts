import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export const ISSUER = 'https://id.example.com'
export const AUDIENCE = 'chat'
/** Signs the tokens of tests; guards nothing. */
export const SECRET: string = 'a secret of tests, and of nothing else'

/** What signs: a key pair's private half, or a shared secret. */
export type Signer = { readonly alg: string; readonly key: KeyObject | string }

/** A key pair of an algorithm, ready to sign and to be published. */
export interface KeyPair extends Signer {
  readonly key: KeyObject
  readonly publicKey: KeyObject
  readonly pem: string
  /** The public half as a JWK with this key id. */
  jwk(kid?: string): Record<string, unknown>
}

/** Makes a key pair for RS256, ES256 or EdDSA. */
export function keyPair(alg: 'RS256' | 'ES256' | 'EdDSA'): KeyPair {
  const { privateKey, publicKey } = generate(alg)
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const jwk = (kid?: string): Record<string, unknown> => ({
    ...publicKey.export({ format: 'jwk' }),
    alg,
    use: 'sig',
    ...(kid === undefined ? {} : { kid }),
  })
  return { alg, key: privateKey, publicKey, pem, jwk }
}

function generate(alg: 'RS256' | 'ES256' | 'EdDSA'): { privateKey: KeyObject; publicKey: KeyObject } {
  if (alg === 'RS256') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return generateKeyPairSync('ed25519')
}

/** Signs any header and any payload, also those that no library would sign. */
export function makeToken(
  payload: unknown,
  signer: Signer = { alg: 'HS256', key: SECRET },
  header: Record<string, unknown> = {},
): string {
  const signed = `${part({ alg: signer.alg, typ: 'JWT', ...header })}.${part(payload)}`
  return `${signed}.${signature(signed, signer)}`
}

/** One part of a token. Text is taken as it is. */
export function part(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

function signature(signed: string, { alg, key }: Signer): string {
  if (typeof key === 'string') return createHmac('sha256', key).update(signed).digest('base64url')
  if (alg === 'EdDSA') return sign(null, Buffer.from(signed), key).toString('base64url')
  return sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
}
