// What a client reads in its own JWT. Unverified: good for timing and for noticing another user, for nothing else.

/** Tells users apart: issuer and subject in one text. `undefined` for a credential that is not a JWT. */
export function jwtUser(credential: string): string | undefined {
  const { iss, sub } = payloadOf(credential)
  return typeof sub === 'string' ? JSON.stringify([iss, sub]) : undefined
}

/** Gives the end of a JWT in milliseconds since 1970. */
export function jwtExpiresAt(credential: string): number | undefined {
  const { exp } = payloadOf(credential)
  return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : undefined
}

function payloadOf(credential: string): { exp?: unknown; iss?: unknown; sub?: unknown } {
  const [, payload = '', signature] = credential.split('.')
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    return signature !== undefined && claims instanceof Object ? claims : {}
  } catch {
    return {}
  }
}
