import type { Quota, Rate } from '../rate/gcra.js'

/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers): quota `q` in a window of `w`
 * seconds; `r` remain, `t` seconds until one more.
 */
export function rateHeaders<N extends string>(
  rates: Readonly<Record<N, Rate | undefined>>,
  quotas: Readonly<Partial<Record<N, Quota | undefined>>>,
): Record<string, string> {
  const policies: string[] = []
  const left: string[] = []
  for (const name of Object.keys(rates) as N[]) {
    const rate = rates[name]
    const quota = quotas[name]
    if (rate === undefined || quota === undefined) continue
    policies.push(`"${name}";q=${rate.burst};w=${Math.ceil(rate.burst / rate.perSecond)}`)
    left.push(`"${name}";r=${quota.remaining};t=${Math.ceil(quota.resetMs / 1000)}`)
  }
  if (left.length === 0) return {}
  return { 'ratelimit-policy': policies.join(', '), ratelimit: left.join(', ') }
}
