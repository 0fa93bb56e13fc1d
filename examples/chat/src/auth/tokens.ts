import { createHmac, createPublicKey, randomBytes, timingSafeEqual } from 'node:crypto'
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose'
import type { AuthKeys, UserRecord } from './auth-store.js'

const ALGORITHM = 'ES256'
const REFRESH_FORM = /^rt1_([A-Za-z0-9_-]{22})\.(0|[1-9]\d{0,8})\.([A-Za-z0-9_-]{43})$/

/** What an access token of ours says, once it is verified. */
export interface AccessClaims {
  readonly subject: string
  readonly login: string
  readonly expiresAt: number
}

/** Makes keys for a service that has none yet. */
export async function generateAuthKeys(): Promise<AuthKeys> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
  const jwk = await exportJWK(privateKey)
  const kid = await calculateJwkThumbprint(jwk)
  return {
    signing: { ...jwk, kid, alg: ALGORITHM, use: 'sig' },
    refreshSecret: randomBytes(32).toString('base64url'),
  }
}

/** Makes and reads the two kinds of token. */
export class TokenMaker {
  /** The public key in PEM. */
  readonly publicKeyPem: string
  readonly #key: CryptoKey
  readonly #publicJwk: JWK
  readonly #publicKey: CryptoKey
  readonly #refreshSecret: Buffer
  readonly #issuer: string
  readonly #audience: string

  private constructor(parts: {
    key: CryptoKey
    publicJwk: JWK
    publicKey: CryptoKey
    refreshSecret: Buffer
    issuer: string
    audience: string
  }) {
    this.#key = parts.key
    this.#publicJwk = parts.publicJwk
    const key = createPublicKey({ key: { ...parts.publicJwk }, format: 'jwk' })
    this.publicKeyPem = key.export({ type: 'spki', format: 'pem' }).toString()
    this.#publicKey = parts.publicKey
    this.#refreshSecret = parts.refreshSecret
    this.#issuer = parts.issuer
    this.#audience = parts.audience
  }

  static async create(
    keys: AuthKeys,
    options: { readonly issuer: string; readonly audience: string },
  ): Promise<TokenMaker> {
    const { d: _private, ...publicJwk } = keys.signing
    const [key, publicKey] = await Promise.all([
      importJWK(keys.signing, ALGORITHM),
      importJWK(publicJwk, ALGORITHM),
    ])
    if (key instanceof Uint8Array || publicKey instanceof Uint8Array) {
      throw new TypeError('The signing key must be an elliptic curve key (P-256), not a shared secret.')
    }
    const refreshSecret = Buffer.from(keys.refreshSecret, 'base64url')
    return new TokenMaker({ key, publicJwk, publicKey, refreshSecret, ...options })
  }

  /** The public key, as `GET /auth/jwks.json` shows it. */
  get jwks(): { readonly keys: readonly JWK[] } {
    return { keys: [this.#publicJwk] }
  }

  /** Signs an access token. Times are Unix seconds. */
  async signAccess(
    user: UserRecord,
    terms: { readonly login: string; readonly issuedAt: number; readonly expiresAt: number },
  ): Promise<string> {
    return await new SignJWT({
      email: user.email,
      name: user.name,
      permissions: [...user.permissions],
      sid: terms.login,
    })
      .setProtectedHeader({
        alg: ALGORITHM,
        typ: 'JWT',
        ...(this.#publicJwk.kid && { kid: this.#publicJwk.kid }),
      })
      .setIssuer(this.#issuer)
      .setAudience(this.#audience)
      .setSubject(user.subject)
      .setJti(randomBytes(16).toString('base64url'))
      .setIssuedAt(terms.issuedAt)
      .setExpirationTime(terms.expiresAt)
      .sign(this.#key)
  }

  /** Reads an access token; `undefined` for one that is not ours or is over. */
  async readAccess(token: string, nowMs: number): Promise<AccessClaims | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#publicKey, {
        algorithms: [ALGORITHM],
        issuer: this.#issuer,
        audience: this.#audience,
        requiredClaims: ['sub', 'sid', 'iat', 'exp'],
        currentDate: new Date(nowMs),
      })
      const { sub, sid, exp } = payload
      if (sub === undefined || typeof sid !== 'string' || exp === undefined) return undefined
      return { subject: sub, login: sid, expiresAt: exp }
    } catch {
      return undefined
    }
  }

  /**
   * Makes the refresh token of a login's generation. It is derived, not drawn: the store needs no token and
   * no hash of one, only the number of the good generation.
   */
  refreshToken(login: string, generation: number): string {
    return `rt1_${login}.${generation}.${this.#seal(login, generation).toString('base64url')}`
  }

  /** Reads a refresh token; `undefined` for one that we did not make. */
  readRefresh(token: string): { readonly login: string; readonly generation: number } | undefined {
    const parts = REFRESH_FORM.exec(token)
    if (parts === null) return undefined
    const [, login = '', generation = '', seal = ''] = parts
    const given = Buffer.from(seal, 'base64url')
    if (!timingSafeEqual(given, this.#seal(login, Number(generation)))) return undefined
    return { login, generation: Number(generation) }
  }

  #seal(login: string, generation: number): Buffer {
    return createHmac('sha256', this.#refreshSecret).update(`${login}.${generation}`).digest()
  }
}
