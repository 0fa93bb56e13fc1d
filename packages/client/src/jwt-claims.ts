/** What a client reads in its own JWT. Unverified: good for timing and for noticing another user, for nothing else. */
export interface JwtClaims {
  /** Milliseconds since 1970. */
  readonly expiresAt?: number
  /** Tells users apart: issuer and subject in one text. */
  readonly user?: string
}

/** Reads a JWT's payload; gives no claims for a credential that is not a JWT. */
export function readJwtClaims(credential: string): JwtClaims {
  const payload = parsePayload(credential)
  if (payload === undefined) return {}
  const { exp, iss, sub } = payload
  return {
    ...(typeof exp === 'number' && Number.isFinite(exp) ? { expiresAt: exp * 1000 } : {}),
    ...(typeof sub === 'string' ? { user: JSON.stringify([iss, sub]) } : {}),
  }
}

function parsePayload(credential: string): { exp?: unknown; iss?: unknown; sub?: unknown } | undefined {
  const [, payload, signature] = credential.split('.')
  if (payload === undefined || signature === undefined) return undefined
  try {
    const parsed: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined
  } catch {
    return undefined
  }
}
