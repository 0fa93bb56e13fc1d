import { type CredentialRefusal, type CredentialRequest, invalidCredential } from './principal.js'

// Longer tokens do not fit into common header limits beside everything else.
const TOKEN_MAX_CHARACTERS = 8192
// RFC 6749, A.12: what an access token may consist of. Nothing else reaches a header or form of ours.
const VISIBLE = /^[\x21-\x7e]+$/

/** The bearer token of a request, or why there is none that is worth a look. */
export function bearerOf(request: CredentialRequest): string | CredentialRefusal {
  const token = request.bearer
  if (token === undefined) return { refused: 'credential_missing', reason: 'no bearer token' }
  if (token.length > TOKEN_MAX_CHARACTERS) return invalidCredential('longer than any token of ours')
  return VISIBLE.test(token) ? token : invalidCredential('characters that no token has')
}
