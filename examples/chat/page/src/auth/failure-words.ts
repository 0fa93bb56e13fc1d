import type { Failure } from '../api/http.js'
import type { Farewell } from './auth-client.js'

/** Says why signing in did not work, and what to do about it. */
export function signInProblem(failure: Failure): string {
  switch (failure.code) {
    case 'credential_invalid':
      return 'The e-mail address or the password is wrong.'
    case 'rate_limited':
      return `Too many tries. Try again ${inSeconds(failure.retryAfterSeconds)}.`
    case 'network_unreachable':
      return 'The server cannot be reached. Is it running, and are you online?'
    case 'identity_unavailable':
    case 'store_unavailable':
      return `Signing in is not possible at the moment. Try again ${inSeconds(failure.retryAfterSeconds)}.`
    case 'request_invalid':
      return 'The server did not understand this. Check the e-mail address.'
    case 'origin_refused':
      return 'The server takes no sign-in from this address. Open the page at the address that it printed.'
    default:
      return 'Something unexpected came back. Try again, or reload the page.'
  }
}

/** Says what became of a login, for whoever finds the sign-in page again. */
export function farewellWords({ reason, socketClosed }: Farewell): string {
  const told =
    socketClosed === undefined
      ? ''
      : ` The server closed your socket${socketClosed.closeCode === undefined ? '' : ` with ${socketClosed.closeCode}`} (${socketClosed.code}).`
  switch (reason) {
    case 'logged-out':
      return `You are logged out.${told}`
    case 'logged-out-everywhere':
      return `You are logged out on every device.${told}`
    case 'logged-out-in-another-tab':
      return 'You logged out in another tab, which ends the login in this one, too.'
    case 'ended':
      return 'Your login has ended. Sign in again to go on.'
  }
}

function inSeconds(seconds: number | undefined): string {
  if (seconds === undefined) return 'in a moment'
  if (seconds < 90) return `in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`
  return `in ${Math.ceil(seconds / 60)} minutes`
}
