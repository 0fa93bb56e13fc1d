import type { Pathway } from '@wsticket/protocol'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ManualClock } from '../../test/manual-clock.js'
import { ScriptedSource } from '../../test/scripted-source.js'
import type { CauseCode } from '../core/connection-types.js'
import { isTicketError, type TicketErrorCode } from '../core/ticket-error.js'
import type { GrantOptions, TicketGrant } from '../ticket-source.js'
import { weightOf } from './failures.js'
import { withFallback } from './fallback.js'
import type { Downgrade } from './options.js'

const FOR_MS = 60_000
const AFTER = 3

const ROUTE_FAILURES: readonly TicketErrorCode[] = [
  'store_unavailable',
  'network_unreachable',
  'response_invalid',
  'not_found',
  'pathway_disabled',
  'credential_revoked',
  'rate_limited',
  'draining',
]
const CONNECT_FAILURES: readonly CauseCode[] = [
  'connection_failed',
  'offline',
  'ticket_voided',
  'ticket_revoked',
  'upstream_unreachable',
  'pathway_disabled',
  'session_limit',
]
const PATHWAYS: readonly Pathway[] = ['ticket', 'jwt_subprotocol', 'anonymous']

const of = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)
/** The first one in three of four cases: what follows needs several failures in a row to be reached. */
const mostly = <T>(likely: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 3, arbitrary: likely }, { weight: 1, arbitrary: other })

/** One attempt of a socket: what the server allows meanwhile, how the ticket route answers, and the handshake. */
const attempts = fc.array(
  fc.record({
    afterMs: mostly(of(0), of(1000, FOR_MS / 2, FOR_MS)),
    allows: mostly(
      of<readonly Pathway[] | TicketErrorCode>(PATHWAYS),
      fc.oneof(fc.subarray([...PATHWAYS]), of<TicketErrorCode>('network_unreachable', 'credential_invalid')),
    ),
    route: mostly(of(undefined), of<TicketErrorCode | undefined>(...ROUTE_FAILURES)),
    connect: mostly(of<CauseCode | undefined>('connection_failed'), of(undefined, ...CONNECT_FAILURES)),
    clear: mostly(of(false), mostly(of(false), of(true))),
  }),
  { maxLength: 40, size: 'max' },
)

/** Lets everything happen that waits for nothing but its turn. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Keeps, for each pathway, the failures since it last opened a connection that say something about it. */
class WatchedSource extends ScriptedSource {
  readonly failed = new Map<Pathway, CauseCode[]>()

  fail(pathway: Pathway, code: CauseCode): void {
    const weight = weightOf(code)
    const reachable = typeof this.allows !== 'string'
    if (weight === 'never' || (weight === 'counts-if-reachable' && !reachable)) return
    this.failed.set(pathway, [...(this.failed.get(pathway) ?? []), code])
  }

  override async grant(options?: GrantOptions): Promise<TicketGrant> {
    try {
      return await super.grant(options)
    } catch (thrown) {
      if (isTicketError(thrown)) this.fail('ticket', thrown.code)
      throw thrown
    }
  }
}

it('goes down only by permission of /config and after enough failures, and always returns to tickets in time', async () => {
  await fc.assert(
    fc.asyncProperty(attempts, fc.boolean(), fc.boolean(), async (script, jwt, anonymous) => {
      const clock = new ManualClock()
      const source = new WatchedSource(() => clock.now())
      let serving: Downgrade | undefined
      const wrong: unknown[] = []
      const onDowngrade = (downgrade: Downgrade): void => {
        const { from, to, cause } = downgrade
        const failures = source.failed.get(from) ?? []
        const permitted = source.answered?.includes(to) && (to === 'anonymous' ? anonymous : jwt)
        const downwards = PATHWAYS.indexOf(to) > PATHWAYS.indexOf(from)
        const enough = weightOf(cause.code) === 'at-once' || failures.length >= AFTER
        if (!permitted || !downwards || !enough)
          wrong.push({ downgrade, failures, answered: source.answered })
        serving = downgrade
        source.failed.delete(to)
      }
      const tickets = withFallback(source, {
        jwt,
        anonymous,
        after: AFTER,
        forMs: FOR_MS,
        clock,
        onDowngrade,
      })
      let ticketTriedAt = clock.now()

      for (const { afterMs, allows, route, connect, clear } of script) {
        clock.advance(afterMs)
        if (clear) {
          tickets.clear()
          serving = undefined
        }
        source.allows = allows
        source.failures.splice(0, 1, ...(route ? [route] : []))
        const tries = source.asked.length
        let pathway: Pathway | undefined
        try {
          pathway = (await tickets.grant()).pathway ?? 'ticket'
        } catch (thrown) {
          if (!isTicketError(thrown)) throw thrown
        }
        await settle()
        const tried = source.asked.length > tries
        if (clock.now() - ticketTriedAt >= FOR_MS) expect(tried).toBe(true)
        if (tried) ticketTriedAt = clock.now()
        if (pathway !== undefined && pathway !== 'ticket') {
          expect(serving).toMatchObject({ to: pathway })
          expect(serving?.until).toBeGreaterThan(clock.now())
        }
        if (pathway !== undefined && connect !== undefined) {
          source.fail(pathway, connect)
          tickets.settled?.({ opened: false, pathway, cause: { code: connect } })
        } else if (pathway !== undefined) {
          source.failed.delete(pathway)
          tickets.settled?.({ opened: true, pathway })
        }
        await settle()
        expect(wrong).toEqual([])
      }
    }),
    { numRuns: 300 },
  )
})
