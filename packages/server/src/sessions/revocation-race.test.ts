import { describe, expect, test } from 'vitest'
import { ada, makeCore } from '../../test/core.js'
import { type RecordedSocket, recordedSocket } from '../../test/held-socket.js'
import { interceptedStore, type StoreCall } from '../../test/intercepted-store.js'
import { closed } from '../../test/rig.js'
import { everyOrder, type Schedule } from '../../test/schedule.js'
import { subjectKey } from '../authority/secret.js'
import { manualClock, settled } from '../conformance/index.js'
import { memoryStore } from '../stores/memory.js'
import type { NoticeBatch, TicketStore } from '../stores/store.js'
import { createWsticket, type Wsticket } from '../wsticket.js'

const ISSUER = 'https://id.example.com'
const ADA = subjectKey(ISSUER, 'ada')

// Thousands of orders are played; on a busy machine that takes longer than a test is given.
const PLAYS_MS = 60_000

/** Calls that are held up both on their way to the store and on their way back. */
const GATED: ReadonlySet<StoreCall> = new Set(['issue', 'redeem', 'revoke', 'renewSession'])

/** A store each of whose replies can be overtaken by everything else. Notices are held up once they have news. */
function gatedStore(
  inner: TicketStore,
  schedule: Schedule,
  spoil: (batch: NoticeBatch) => NoticeBatch,
): TicketStore {
  return interceptedStore(inner, async (call, make) => {
    if (call === 'notices') {
      const batch = (await make()) as NoticeBatch
      if (batch.notices.length > 0) await schedule.pass('notice')
      return spoil(batch) as Awaited<ReturnType<typeof make>>
    }
    if (!GATED.has(call)) return make()
    await schedule.pass(`${call} sent`)
    const outcome = await make()
    await schedule.pass(`${call} answered`)
    return outcome
  })
}

type Target = 'ticket' | 'login' | 'subject'
type Ending = 'no ticket' | 'not admitted' | 'closed before its socket came' | 'closed' | 'open'

interface Scene {
  readonly target: Target
  readonly singleUse: boolean
  /** How many upgrades come with the ticket at once. */
  readonly upgrades?: number
  /** What becomes of the notices on their way. */
  readonly spoil?: (batch: NoticeBatch) => NoticeBatch
  /** Takes the seat, against the rules, when the redeem is over. */
  readonly seatAfterRedeem?: boolean
}

/** Logs in, connects and is revoked, in the order of this play. Gives how each upgrade ended. */
async function play(scene: Scene, schedule: Schedule, run: () => Promise<void>): Promise<Ending[]> {
  const clock = manualClock()
  const inner = memoryStore({ clock })
  const store = gatedStore(inner, schedule, scene.spoil ?? ((batch) => batch))
  const principal = ada(clock)
  // The logout falls into a later second than the login.
  clock.advance(2000)
  const wsticket = createWsticket({
    store,
    clock,
    origins: [],
    audiences: ['/ws'],
    authenticate: async () => principal,
  })
  const admit = scene.seatAfterRedeem === true ? lateSeat(store, clock) : admitBy(wsticket)
  const upgrades: (() => Ending)[] = []
  let acknowledged = false

  const revoke = async (ref: string): Promise<void> => {
    const login = { issuer: ISSUER, subject: 'ada', login: 'phone' }
    const targets = { ticket: { ticket: ref }, login, subject: { issuer: ISSUER, subject: 'ada' } }
    acknowledged = await wsticket.revoke(targets[scene.target])
  }
  const upgrade = async (ticket: string): Promise<void> => {
    const admission = await admit(ticket)
    if (admission === undefined) {
      upgrades.push(() => 'not admitted')
      return
    }
    await schedule.pass('hold')
    const socket = recordedSocket()
    const ended: Ending = admission.over() ? 'closed before its socket came' : 'closed'
    admission.hold(socket)
    upgrades.push(() => (socket.open ? 'open' : ended))
  }
  const connect = async (): Promise<string | undefined> => {
    const issued = await wsticket.issue(principal, { singleUse: scene.singleUse })
    if (!issued.ok) return undefined
    // There is no revoking a ticket before there is one.
    const revoking = scene.target === 'ticket' ? revoke(issued.ref) : undefined
    await Promise.all(Array.from({ length: scene.upgrades ?? 1 }, () => upgrade(issued.ticket)))
    await revoking
    return issued.ticket
  }
  const connecting = connect()
  const revoking = scene.target === 'ticket' ? undefined : revoke('')
  await run()
  const ticket = await connecting
  await revoking

  expect(acknowledged).toBe(true)
  // Whatever the order was: nothing of it works any more.
  expect(await inner.listSessions(ADA)).toEqual([])
  if (ticket !== undefined) {
    const again = wsticket.redeem(ticket, { audience: '/ws' })
    await run()
    expect((await again).ok).toBe(false)
  }
  if (scene.target !== 'ticket') {
    const again = wsticket.issue(principal)
    await run()
    expect(await again).toMatchObject({ ok: false, refusal: { code: 'credential_revoked' } })
  }
  const endings: Ending[] = ticket === undefined ? ['no ticket'] : upgrades.map((ended) => ended())
  await closed(wsticket, clock)
  return endings
}

interface Admitted {
  over(): boolean
  hold(socket: RecordedSocket): void
}

type Admit = (ticket: string) => Promise<Admitted | undefined>

function admitBy(wsticket: Wsticket): Admit {
  return async (ticket) => {
    const admission = await wsticket.redeem(ticket, { audience: '/ws' })
    if (!admission.ok) return undefined
    return { over: () => admission.session.signal.aborted, hold: (socket) => admission.hold(socket) }
  }
}

/** A node that does it wrong: while it redeems, nobody notes what is revoked. */
function lateSeat(store: TicketStore, clock: ReturnType<typeof manualClock>): Admit {
  const core = makeCore({}, { store, clock })
  const sealedWith = store.sealKeys()
  return async (ticket) => {
    await sealedWith
    await core.registry.ready()
    const redeemed = await core.authority.redeem(ticket, { audience: '/ws', shown: {} })
    if (!redeemed.ok) return undefined
    const about = { audience: '/ws', carrier: undefined, address: undefined, origin: undefined }
    const session = core.registry.seat().take({ ...redeemed, ...about, pathway: 'ticket' })
    return {
      over: () => session.signal.aborted,
      hold: (socket) => {
        core.registry.hold(session, socket)
      },
    }
  }
}

async function endingsOf(scene: Scene): Promise<Map<Ending, number>> {
  const counts = new Map<Ending, number>()
  const plays = await everyOrder((schedule, run) => play(scene, schedule, run))
  for (const ending of plays.flat()) counts.set(ending, (counts.get(ending) ?? 0) + 1)
  return counts
}

test('every order of the gates is played, once', async () => {
  const plays = await everyOrder(async (schedule, run) => {
    const walk = async (name: string, gates: number): Promise<void> => {
      for (let gate = 1; gate <= gates; gate += 1) await schedule.pass(`${name}${gate}`)
    }
    const walking = [walk('a', 3), walk('b', 2)]
    await run()
    await Promise.all(walking)
    return schedule.steps.join(' ')
  })
  expect(new Set(plays).size).toBe(10)
  expect(plays).toHaveLength(10)
})

describe('a revoke that meets issue, redeem, take and hold in every order', () => {
  for (const target of ['ticket', 'login', 'subject'] as const) {
    for (const singleUse of [true, false]) {
      test(`of a ${target}: no socket stays open and no ticket works (${singleUse ? 'single use' : 'reusable'})`, async () => {
        const counts = await endingsOf({ target, singleUse })
        expect(counts.get('open')).toBeUndefined()
        // Every window was hit: else the orders were not all there.
        const expected: Ending[] = ['not admitted', 'closed before its socket came', 'closed']
        if (target !== 'ticket') expected.unshift('no ticket')
        expect([...counts.keys()].sort()).toEqual(expected.sort())
      })
    }

    test(
      `of a ${target}: also if several upgrades race for a reusable ticket`,
      async () => {
        const counts = await endingsOf({ target, singleUse: false, upgrades: 2 })
        expect(counts.get('open')).toBeUndefined()
        expect(counts.get('closed')).toBeGreaterThan(100)
      },
      PLAYS_MS,
    )

    test(`of a ${target}: also if the notices come with a gap in place of what they told`, async () => {
      const spoil = (batch: NoticeBatch): NoticeBatch =>
        batch.notices.length === 0 ? batch : { ...batch, notices: [], gap: true }
      expect((await endingsOf({ target, singleUse: true, spoil })).get('open')).toBeUndefined()
    })
  }

  test('is told by this test from a store whose notices get lost', async () => {
    const spoil = (batch: NoticeBatch): NoticeBatch => ({ ...batch, notices: [] })
    for (const target of ['ticket', 'login', 'subject'] as const) {
      expect((await endingsOf({ target, singleUse: true, spoil })).get('open')).toBeGreaterThan(0)
    }
  })

  test('is told by this test from a node that takes its seat too late', async () => {
    for (const target of ['ticket', 'login', 'subject'] as const) {
      const counts = await endingsOf({ target, singleUse: true, seatAfterRedeem: true })
      expect(counts.get('open')).toBeGreaterThan(0)
      expect(counts.get('closed')).toBeGreaterThan(0)
    }
  })
})

describe('a revoke that meets a renewal in every order', () => {
  for (const target of ['ticket', 'login', 'subject'] as const) {
    test(`of a ${target}: the session does not live on`, async () => {
      const outcomes = await everyOrder(async (schedule, run) => {
        const clock = manualClock()
        const inner = memoryStore({ clock })
        const core = makeCore({}, { clock, store: gatedStore(inner, schedule, (batch) => batch) })
        const principal = ada(clock)
        const opening = (async () => {
          await core.registry.ready()
          const issued = await core.authority.issue(principal)
          if (!issued.ok) throw new Error('refused')
          const seat = core.registry.seat()
          const redeemed = await core.authority.redeem(issued.ticket, { audience: '/ws', shown: {} })
          if (!redeemed.ok) throw new Error('refused')
          return seat.take({
            ...redeemed,
            pathway: 'ticket',
            audience: '/ws',
            carrier: undefined,
            address: undefined,
            origin: undefined,
          })
        })()
        // There is nothing to choose from until the session is open.
        await run()
        const session = await opening
        const socket = recordedSocket()
        core.registry.hold(session, socket)
        clock.advance(2000)
        const { ref } = session
        const login = { issuer: ISSUER, subject: 'ada', login: 'phone' }
        const targets = { ticket: { ticket: ref }, login, subject: { issuer: ISSUER, subject: 'ada' } }
        const revoking = core.authority.revoke(targets[target])
        const renewing = core.authority.renew(
          ref,
          ada(clock, { issuedAt: principal.issuedAt, permissions: ['read'] }),
        )
        void renewing.then(async (renewed) => {
          await schedule.pass('told to the registry')
          if (renewed.ok) core.registry.renewed(ref, renewed.remainingMs, renewed.permissions)
        })
        await run()
        await settled()
        const renewed = await renewing
        expect(await revoking).toBe(true)
        expect(socket.closes).toEqual([{ code: 3003, reason: 'session_revoked' }])
        expect(await inner.checkSessions([ref])).toMatchObject([{ kind: 'over' }])
        expect(core.registry.size).toBe(0)
        session.ended()
        await core.registry.drain(0)
        await core.registry.stop()
        return renewed.ok ? 'renewed' : renewed.refusal.code
      })
      const refusal = target === 'ticket' ? 'session_over' : 'credential_revoked'
      expect([...new Set(outcomes)].sort()).toEqual(['renewed', refusal].sort())
    })
  }
})
