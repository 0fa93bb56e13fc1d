import { PATHS } from '@wsticket/protocol'
import { describe, expect, it } from 'vitest'
import { recordedSocket } from '../../test/held-socket.js'
import { faultyStore, lost, refusedConnection, type StoreCall } from '../../test/intercepted-store.js'
import { ORIGIN, type Reply, type Rig, rig } from '../../test/rig.js'
import { manualClock } from '../conformance/index.js'
import { memoryStore } from '../stores/memory.js'

/** A server over a store that can be broken. */
function setUp(): Rig & ReturnType<typeof faultyStore> {
  const clock = manualClock()
  const faulty = faultyStore(memoryStore({ clock }))
  return { ...rig({ clock, store: faulty.store }), ...faulty }
}

/** What `GET /readyz` answers, and how long it took. */
async function readyz(of: Rig): Promise<{ readonly reply: Reply; readonly tookMs: number }> {
  const askedAt = of.clock.now()
  let tookMs = Number.POSITIVE_INFINITY
  const asking = of.ask({ target: PATHS.ready }).then((reply) => {
    tookMs = of.clock.now() - askedAt
    return reply
  })
  await of.clock.run(200)
  return { reply: await asking, tookMs }
}

describe('GET healthz', () => {
  it('is 200 to anyone while the process runs, and costs the store nothing', async () => {
    const of = setUp()
    of.faults.set('health', lost)
    expect(await of.ask({ target: PATHS.health })).toMatchObject({ status: 200, json: { status: 'ok' } })
    void of.wsticket.close()
    expect(await of.ask({ target: PATHS.health })).toMatchObject({ status: 200 })
    expect(of.made.size).toBe(0)
  })
})

describe('GET readyz', () => {
  it('is 200 once the node may admit, and to be asked makes it so', async () => {
    const of = setUp()
    expect(await of.ask({ target: PATHS.ready, headers: { origin: ORIGIN } })).toMatchObject({
      status: 200,
      json: { status: 'ready', store: { kind: 'memory', reachable: true } },
    })
    expect(of.take('store.ready')).toHaveLength(1)
    expect([of.made.get('keepNode'), of.made.get('health')]).toEqual([1, 1])
  })

  // Load balancers ask every node all the time: each question was a call of the store.
  it('costs the store one call a second at most', async () => {
    const of = setUp()
    const ask = (): Promise<unknown> => of.ask({ target: PATHS.ready })
    await Promise.all(Array.from({ length: 50 }, ask))
    await ask()
    of.clock.advance(999)
    await ask()
    expect(of.made.get('health')).toBe(1)
    of.clock.advance(1)
    await ask()
    expect(of.made.get('health')).toBe(2)
  })

  it.each(['health', 'keepNode', 'notices'] as const satisfies StoreCall[])(
    'is 503 within 200 milliseconds while the node is starting: %s has not answered',
    async (call) => {
      const of = setUp()
      of.faults.set(call, lost)
      const { reply, tookMs } = await readyz(of)
      expect(tookMs).toBeLessThanOrEqual(200)
      expect(reply).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1' },
        json: { status: 'starting' },
      })
      of.faults.clear()
      await of.clock.run(10_000)
      expect((await readyz(of)).reply).toMatchObject({ status: 200, json: { status: 'ready' } })
    },
  )

  it('is 503 while the store cannot be reached, and 200 when it can again', async () => {
    const of = setUp()
    await readyz(of)
    await of.clock.run(2000)
    of.faults.set('health', refusedConnection)
    expect((await readyz(of)).reply).toMatchObject({
      status: 503,
      json: { status: 'unavailable', store: { kind: 'memory', reachable: false } },
    })
    of.faults.clear()
    await of.clock.run(1000)
    expect((await readyz(of)).reply).toMatchObject({ status: 200, json: { status: 'ready' } })
    expect(of.take('store.ready')).toHaveLength(2)
  })

  it('goes by what it knows while the store takes its time, and by that it did not answer after that', async () => {
    const of = setUp()
    await readyz(of)
    await of.clock.run(2000)
    of.faults.set('health', lost)
    const { reply, tookMs } = await readyz(of)
    expect([reply.status, tookMs]).toEqual([200, 150])
    await of.clock.run(1000)
    expect((await readyz(of)).reply).toMatchObject({ status: 503, json: { status: 'unavailable' } })
  })

  it('is 503 while revocations are not heard', async () => {
    const of = setUp()
    await readyz(of)
    of.faults.set('notices', refusedConnection)
    // The read that is waiting ends with this.
    await of.wsticket.revoke({ subject: 'ada' })
    await of.clock.run(0)
    expect((await readyz(of)).reply).toMatchObject({
      status: 503,
      json: { status: 'unavailable', store: { reachable: true } },
    })
    of.faults.clear()
    await of.clock.run(1000)
    expect((await readyz(of)).reply).toMatchObject({ status: 200 })
  })

  it('is 503 from the moment at which the node begins to drain, without asking the store', async () => {
    const of = setUp()
    await readyz(of)
    const { ticket } = await of.ticketOf('ada')
    const admission = await of.wsticket.redeem(ticket, { audience: '/ws' })
    if (admission.ok) admission.hold(recordedSocket())
    const asked = of.made.get('health')
    await of.clock.run(2000)
    void of.wsticket.close()
    expect((await readyz(of)).reply).toMatchObject({
      status: 503,
      json: { status: 'draining', store: { kind: 'memory', reachable: true } },
    })
    expect(of.made.get('health')).toBe(asked)
  })
})
