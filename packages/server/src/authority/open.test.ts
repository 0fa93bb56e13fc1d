import { describe, expect, it } from 'vitest'
import { ada, type Core, makeCore } from '../../test/core.js'
import { refusedConnection } from '../../test/intercepted-store.js'
import type { RedeemOutcome } from '../stores/store.js'
import { DEFAULT_LIMITS } from './policy.js'

const AT = { audience: '/ws', address: '192.0.2.1', shown: { origin: 'https://app.example.com' } }

/** What `open` says when the store answers its second call so. */
async function openWith(outcome: Exclude<RedeemOutcome, { kind: 'admitted' }>): Promise<unknown> {
  const core = makeCore()
  // Answers every redeem alike, which is what its type cannot know.
  core.faults.set('redeem', async () => outcome as never)
  return core.authority.open(ada(core.clock), AT)
}

async function open(core: Core): Promise<string> {
  const opened = await core.authority.open(ada(core.clock), AT)
  if (!opened.ok) throw new Error(opened.refusal.code)
  return opened.ref
}

describe('a session that is opened without a ticket', () => {
  it('is one like any other in the store, and its ref has no secret', async () => {
    const core = makeCore()
    const opened = await core.authority.open(ada(core.clock), AT)
    expect(opened).toMatchObject({ ok: true, principal: ada(core.clock), metadata: {}, remainingMs: 905_000 })
    const ref = opened.ok ? opened.ref : ''
    expect(ref).toMatch(/^[0-9a-f]{2}[A-Za-z0-9_-]{22}$/)
    expect(await core.authority.inspect(ref)).toMatchObject({
      state: 'used',
      record: { ref, audience: '/ws' },
    })
    const sessions = await core.authority.listSessions(ada(core.clock))
    expect(sessions).toMatchObject([
      { ref, sockets: 1, origin: 'https://app.example.com', address: '192.0.2.1' },
    ])
    expect([core.made.get('issue'), core.made.get('redeem')]).toEqual([1, 1])
    expect(core.told('ticket.issued')).toEqual([])
    // The same user's own sessions have refs of one shard, and no two alike.
    const other = await open(core)
    expect(other.slice(0, 2)).toBe(ref.slice(0, 2))
    expect(other).not.toBe(ref)
  })

  it('is refused for a credential whose times are none, without asking the store', async () => {
    const core = makeCore()
    const now = core.clock.now() / 1000
    for (const times of [{ issuedAt: now + 60 }, { expiresAt: now + 90_000 }]) {
      const outcome = await core.authority.open(ada(core.clock, times), AT)
      expect(outcome).toMatchObject({ refusal: { code: 'credential_invalid' } })
    }
    expect(core.made.get('issue')).toBeUndefined()
  })

  it('is refused for a credential that has ended, however much skew there may be', async () => {
    const core = makeCore()
    const now = Math.floor(core.clock.now() / 1000)
    const outcome = await core.authority.open(ada(core.clock, { issuedAt: now - 9, expiresAt: now }), AT)
    expect(outcome).toMatchObject({
      refusal: { code: 'credential_invalid' },
      reason: 'nothing is left of its life',
    })
  })

  it.each([
    [{ kind: 'session_limit' }, { code: 'session_limit' }],
    [{ kind: 'revoked' }, { code: 'credential_revoked' }],
    [{ kind: 'expired' }, { code: 'credential_invalid' }],
    // The client presented no ticket, and is told of none: what it can do is to come again.
    [{ kind: 'voided' }, { code: 'store_unavailable', retryAfterSeconds: 1 }],
    [{ kind: 'unknown' }, { code: 'store_unavailable', retryAfterSeconds: 1 }],
    [
      { kind: 'mismatch', what: 'audience' },
      { code: 'store_unavailable', retryAfterSeconds: 1 },
    ],
  ] as const)('is refused when the store says %j in between: %j', async (outcome, refusal) => {
    expect(await openWith(outcome)).toMatchObject({ ok: false, refusal })
  })

  it('is refused when the store fails at either call', async () => {
    for (const call of ['issue', 'redeem'] as const) {
      const core = makeCore()
      core.faults.set(call, refusedConnection)
      const opening = core.authority.open(ada(core.clock), AT)
      const [outcome] = await Promise.all([opening.catch((error: unknown) => error), core.clock.run(2000)])
      expect(outcome).toMatchObject({ code: 'store_unavailable' })
    }
  })

  it('leaves nothing outstanding for long where the second call refuses', async () => {
    const core = makeCore({ limits: { ...DEFAULT_LIMITS, outstandingPerUser: 1 } })
    core.faults.set('redeem', async () => ({ kind: 'session_limit' }) as never)
    await core.authority.open(ada(core.clock), AT)
    core.faults.delete('redeem')
    core.clock.advance(5000)
    // There is room for one, and the next ticket takes nobody's place.
    const issued = await core.authority.issue(ada(core.clock))
    expect(issued).toMatchObject({ ok: true })
    expect(core.told('ticket.voided')).toEqual([])
  })
})
