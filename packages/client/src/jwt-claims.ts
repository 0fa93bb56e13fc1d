/** What a client reads in its own JWT. Unverified: good for timing and for noticing another user, for nothing else. */
export interface JwtClaims {
  /** Milliseconds since 1970. */
  readonly expiresAt?: number
  /** Tells users apart: issuer and subject in one text. */
  readonly user?: string
}

/** Reads a JWT's payload; gives no claims for a credential that is not a JWT. */
export function readJwtClaims(credential: string): JwtClaims {
  const [, payload = '', signature] = credential.split('.')
  if (signature === undefined) return {}
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    if (!isObject(claims)) return {}
    const { exp, iss, sub } = claims
    return {
      ...(typeof exp === 'number' && Number.isFinite(exp) && { expiresAt: exp * 1000 }),
      ...(typeof sub === 'string' && { user: JSON.stringify([iss, sub]) }),
    }
  } catch {
    return {}
  }
}

function isObject(value: unknown): value is { exp?: unknown; iss?: unknown; sub?: unknown } {
  return value instanceof Object
}
