// What trying again does not change: only a login helps, or whoever deploys. `take()` has refreshed the JWT by then.
const FINAL_CODES: readonly string[] = [
  'credential_missing',
  'credential_ambiguous',
  'credential_invalid',
  'credential_revoked',
  'permissions_exceeded',
  'ticket_revoked',
  'session_revoked',
  'session_closed',
  'audience_mismatch',
  'binding_mismatch',
  'origin_refused',
  'pathway_disabled',
  'request_invalid',
  'not_found',
]

/** Tells of a refusal's code whether it stands until the user logs in, or until whoever deploys mends something. */
export function isFinal(code: string): boolean {
  return FINAL_CODES.includes(code)
}
