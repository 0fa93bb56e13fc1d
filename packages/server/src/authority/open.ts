import { RETRY_AFTER_SECONDS } from '../errors.js'
import type { Claims, Principal } from '../identity/principal.js'
import { type AuthorityContext, holderOf, type Refused, refused, timesRefused } from './context.js'
import { keepTicket } from './issue.js'
import { type NotAdmitted, type Presentation, type Redeemed, redeemRef } from './redeem.js'
import { mintRef } from './secret.js'

// Between the two calls that open a session lies nothing but a round trip. What is refused by the second one, at the cap
// on sockets, so leaves the list of what is outstanding soon.
const OPEN_TTL_MS = 5000

/**
 * Opens a session for a principal that came without a ticket: one is issued and redeemed at once, and it has no secret that
 * anybody could present. So everything that holds for tickets holds for such a session: rate, caps, logouts, deadline.
 */
export async function open<C extends Claims>(
  context: AuthorityContext,
  principal: Principal<C>,
  presented: Presentation,
): Promise<Redeemed<C> | Refused> {
  const times = timesRefused(context, principal)
  if (times !== undefined) return times
  const ref = mintRef(holderOf(context, principal).subject, context.random)
  const { outstandingPerUser, sessionsPerUser } = context.limits
  const kept = await keepTicket(
    context,
    principal,
    // Bound to nothing but its route: it is shown to nobody.
    { ref, metadata: {}, audience: presented.audience, singleUse: true, ttlMs: OPEN_TTL_MS, bindings: {} },
    // As many may be under way as could be admitted: else the tabs of one user, all reconnecting at once, would void each other.
    outstandingPerUser + sessionsPerUser,
  )
  if (!kept.ok) return kept
  const redeemed = await redeemRef<C>(context, ref, presented)
  return redeemed.ok ? redeemed : refuse(redeemed.outcome)
}

function refuse({ kind }: NotAdmitted): Refused {
  switch (kind) {
    case 'session_limit':
      return refused({ code: 'session_limit' })
    case 'revoked':
      return refused({ code: 'credential_revoked' }, 'logged out while its session was opened')
    case 'expired':
      return refused({ code: 'credential_invalid' }, 'nothing is left of its life')
    default:
      // The store lost what it had just kept, as it does at a failover.
      return refused(
        { code: 'store_unavailable', retryAfterSeconds: RETRY_AFTER_SECONDS },
        `what was issued a moment ago is ${kind}`,
      )
  }
}
