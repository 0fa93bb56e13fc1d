import type { Breach, Expectations, HistoryCall, IssueCall, RedeemCall, RevokeCall, Rule } from './history.js'

/** Everything that was done to one ticket. */
interface Ticket {
  readonly issue: IssueCall | undefined
  readonly redeems: readonly RedeemCall[]
  /** Those that name it, its login or its subject. */
  readonly revokes: readonly RevokeCall[]
}

/**
 * What a history breaks of the contract of a store; nothing, if the store keeps it.
 *
 * A call takes effect at some moment between its beginning and its end, an indeterminate one at any moment after its
 * beginning or not at all. Something is a breach only if no choice of those moments can explain it.
 */
export function findBreaches(history: readonly HistoryCall[], expectations: Expectations): Breach[] {
  const tickets = byTicket(history)
  return [...tickets].flatMap(([about, ticket]) => {
    const calls = [ticket.issue, ...ticket.redeems, ...ticket.revokes]
      .filter((call) => call !== undefined)
      .sort((one, other) => one.began - other.began)
    return [...new Set(rulesBroken(ticket, expectations))].map((rule) => ({ rule, about, calls }))
  })
}

function byTicket(history: readonly HistoryCall[]): Map<string, Ticket> {
  const issues = new Map<string, IssueCall>()
  const redeems = new Map<string, RedeemCall[]>()
  const ofRef = new Map<string, RevokeCall[]>()
  const ofUser = new Map<string, RevokeCall[]>()
  for (const call of history) {
    if (call.name === 'issue') issues.set(call.ref, call)
    else if (call.name === 'redeem') addTo(redeems, call.ref, call)
    else if ('ref' in call.target) addTo(ofRef, call.target.ref, call)
    else addTo(ofUser, call.target.subject, call)
  }
  const refs = new Set([...issues.keys(), ...redeems.keys()])
  return new Map(
    [...refs].map((ref) => {
      const issue = issues.get(ref)
      const ofHolder = issue === undefined ? [] : (ofUser.get(issue.subject) ?? [])
      const revokes = [...(ofRef.get(ref) ?? []), ...ofHolder.filter((revoke) => concerns(revoke, issue))]
      return [ref, { issue, redeems: redeems.get(ref) ?? [], revokes }]
    }),
  )
}

/** Whether a revoke of a login or a subject is about the holder of a ticket. */
function concerns({ target }: RevokeCall, issue: IssueCall | undefined): boolean {
  if (target.kind === 'login') return target.login === issue?.login
  return target.kind === 'subject'
}

function addTo<V>(index: Map<string, V[]>, key: string, value: V): void {
  const values = index.get(key)
  if (values === undefined) index.set(key, [value])
  else values.push(value)
}

function rulesBroken(ticket: Ticket, expectations: Expectations): Rule[] {
  const { issue } = ticket
  return [
    ...brokenAdmissions(ticket, expectations),
    ...brokenRefusals(ticket, expectations),
    ...(issue === undefined ? [] : brokenIssue(ticket, issue, expectations)),
    ...(issue === undefined || expectations.faults ? [] : brokenLife(ticket, issue)),
  ]
}

function brokenAdmissions({ issue, redeems, revokes }: Ticket, expectations: Expectations): Rule[] {
  const admitted = redeems.filter(({ outcome }) => outcome.kind === 'admitted')
  const found: Rule[] = []
  const attempts = new Set(admitted.map(({ attempt }) => attempt))
  if (attempts.size > 1 && issue?.singleUse !== false) found.push('admitted to two attempts')
  for (const redeem of admitted) {
    if (issue === undefined || issue.outcome.kind === 'refused' || issue.began > endOf(redeem)) {
      found.push('admitted without an issue')
      continue
    }
    const boundMs = issue.singleUse ? expectations.revokeBoundMs : unfencedBound(expectations)
    if (surelyRevoked(issue, redeem, revokes, boundMs)) {
      found.push('admitted after a revoke')
    }
    // The same attempt is answered as when it won, whatever the time is now.
    const inTime = (other: RedeemCall): boolean =>
      other.began < latestExpiry(issue) + expectations.clockBoundMs
    if (
      !redeems.some((other) => other.attempt === redeem.attempt && mayHaveWon(other, redeem) && inTime(other))
    ) {
      found.push('admitted after the expiry')
    }
    if (redeem.at === 'door' && !hasWord(redeem, redeems)) {
      found.push('admitted without the word of the store')
    }
  }
  return found
}

/** Whether the store let this attempt win, as far as anybody saw. */
function hasWord(admission: RedeemCall, redeems: readonly RedeemCall[]): boolean {
  return redeems.some(
    ({ at, attempt, outcome }) =>
      at === 'store' && attempt === admission.attempt && outcome.kind !== 'refused',
  )
}

/** Whether a revoke came after the issue, and was acknowledged before this redeem began, for sure. */
function surelyRevoked(
  issue: IssueCall,
  redeem: RedeemCall,
  revokes: readonly RevokeCall[],
  boundMs: number,
): boolean {
  return revokes.some(
    (revoke) =>
      revoke.outcome.kind === 'revoked' &&
      revoke.began > endOf(issue) &&
      endOf(revoke) + boundMs < redeem.began,
  )
}

function brokenRefusals({ issue, redeems, revokes }: Ticket, expectations: Expectations): Rule[] {
  return redeems.flatMap((redeem): Rule[] => {
    if (redeem.outcome.kind !== 'refused') return []
    const explains = (other: RedeemCall): boolean =>
      (other !== redeem && mayHaveWon(other, redeem)) ||
      (expectations.faults && mayHaveWonUnheard(other, redeem, revokes))
    switch (redeem.outcome.code) {
      case 'used':
        return redeems.some(explains) ? [] : ['used by nobody']
      case 'revoked':
        return revokes.some((revoke) => mayHaveRevoked(revoke, redeem, expectations.faults))
          ? []
          : ['revoked by nobody']
      case 'expired':
        return issue?.outcome.kind === 'issued' &&
          endOf(redeem) + expectations.clockBoundMs < issue.began + issue.outcome.remainingMs
          ? ['expired too early']
          : []
      case 'unknown':
      case 'voided':
        return issue?.outcome.kind === 'issued' && endOf(issue) < redeem.began && !expectations.faults
          ? ['lost without a fault']
          : []
      default:
        return []
    }
  })
}

/** Whether this call may be what another one, or itself, found to have won. */
function mayHaveWon(call: RedeemCall, seen: RedeemCall): boolean {
  if (call.outcome.kind === 'refused' || call.began > endOf(seen)) return false
  // What a client was told, its node had from the store: it explains nothing that the store says.
  return call.at === 'store' || seen.at === 'door' || call.outcome.kind === 'indeterminate'
}

/**
 * Whether this call may have won before it was refused: its connection broke, its client sent the same attempt again, and by
 * then the ticket was lost or revoked, or the session that it had opened was.
 */
function mayHaveWonUnheard(
  { outcome, began, ended, at }: RedeemCall,
  seen: RedeemCall,
  revokes: readonly RevokeCall[],
): boolean {
  if (outcome.kind !== 'refused' || at !== 'store' || began > endOf(seen)) return false
  if (outcome.code === 'used') return revokes.some((revoke) => ended === undefined || revoke.began < ended)
  return ['unknown', 'voided', 'revoked'].includes(outcome.code)
}

/** A revoke that found nothing may have been sent again by its client, and have found what it had done itself. */
function mayHaveRevoked({ outcome, began }: RevokeCall, redeem: RedeemCall, faults: boolean): boolean {
  return (faults || outcome.kind !== 'unknown') && began < endOf(redeem)
}

function brokenIssue({ revokes }: Ticket, issue: IssueCall, expectations: Expectations): Rule[] {
  const logouts = revokes.filter(({ target }) => target.kind === 'login')
  const late = logouts.some(
    (logout) =>
      logout.outcome.kind === 'revoked' && endOf(logout) + unfencedBound(expectations) < issue.began,
  )
  return issue.outcome.kind === 'issued' && late ? ['issued after a logout'] : []
}

/** What only holds while nothing fails: a store that refuses everybody is safe and useless. */
function brokenLife({ redeems, revokes }: Ticket, issue: IssueCall): Rule[] {
  const found: Rule[] = []
  if (issue.outcome.kind !== 'issued') {
    const logouts = revokes.filter(({ target }) => target.kind === 'login')
    return logouts.some(({ began }) => began < endOf(issue)) ? [] : ['refused to issue']
  }
  const { remainingMs } = issue.outcome
  const untouched = (redeem: RedeemCall): boolean =>
    revokes.every((revoke) => revoke.began > endOf(redeem) || endOf(revoke) < issue.began)
  const good = (redeem: RedeemCall): boolean =>
    redeem.began > endOf(issue) && endOf(redeem) < issue.began + remainingMs && untouched(redeem)
  const admitted = redeems.filter(({ outcome }) => outcome.kind === 'admitted')
  if (admitted.length === 0 && redeems.some(good)) found.push('admitted to nobody')
  const won = (redeem: RedeemCall): boolean =>
    admitted.some((other) => other.attempt === redeem.attempt && endOf(other) < redeem.began)
  if (redeems.some((redeem) => redeem.outcome.kind !== 'admitted' && won(redeem) && untouched(redeem)))
    found.push('refused a retry')
  return found
}

function unfencedBound({ revokeBoundMs, unfencedBoundMs = revokeBoundMs }: Expectations): number {
  return Math.max(revokeBoundMs, unfencedBoundMs)
}

function latestExpiry(issue: IssueCall): number {
  return issue.outcome.kind === 'issued' ? endOf(issue) + issue.outcome.remainingMs : Number.POSITIVE_INFINITY
}

/** When a call can have taken effect at the latest. */
function endOf(call: HistoryCall): number {
  return call.outcome.kind === 'indeterminate'
    ? Number.POSITIVE_INFINITY
    : (call.ended ?? Number.POSITIVE_INFINITY)
}
