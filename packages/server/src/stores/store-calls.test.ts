import { describe, expect, test } from 'vitest'
import { type Core, makeCore } from '../../test/core.js'
import { lost, refusedConnection, replyLost } from '../../test/intercepted-store.js'
import { settled } from '../conformance/index.js'
import { attempt, holder, issued, REDEEM } from '../conformance/store/given.js'
import { WsticketError } from '../errors.js'
import { STORE_BUDGET_MS, StoreCalls } from './store-calls.js'

// As many calls as the store may owe an answer in these tests.
const MOST = 20

const SUBJECT = holder().subject

/** How a promise has settled, once the clock has gone on. */
async function settle<T>(
  core: Core,
  work: Promise<T>,
  ms: number,
): Promise<T | { readonly failed: unknown }> {
  const outcome = work.catch((failed: unknown) => ({ failed }))
  await core.clock.run(ms)
  return outcome
}

async function socketsOf(core: Core): Promise<number> {
  const sessions = await core.calls.store.listSessions(SUBJECT)
  return sessions.reduce((sum, { sockets }) => sum + sockets, 0)
}

describe('a call', () => {
  test('gives what the store gives', async () => {
    const core = makeCore()
    expect(await core.calls.call('list', (store) => store.listSessions(SUBJECT))).toEqual([])
    expect(core.told('store.failed')).toEqual([])
    expect(core.clock.pending()).toEqual([])
  })

  test('fails once its budget is spent, says which store and which operation, and tells the hub', async () => {
    const core = makeCore()
    core.faults.set('health', lost)
    const work = core.calls.call('health', (store) => store.health())
    let failed = false
    work.catch(() => {
      failed = true
    })
    await core.clock.run(STORE_BUDGET_MS - 1)
    expect(failed).toBe(false)
    await core.clock.run(1)
    await expect(work).rejects.toMatchObject({
      code: 'store_unavailable',
      message: 'the memory store did not answer health in 1000 ms',
    })
    expect(core.told('store.failed')).toEqual([
      {
        operation: 'health',
        message: 'the memory store did not answer health in 1000 ms',
        at: core.clock.now(),
      },
    ])
  })

  test('wraps what a store threw, as its cause', async () => {
    const core = makeCore()
    core.faults.set('inspect', refusedConnection)
    const error: unknown = await core.calls
      .call('inspect', (store) => store.inspect('x'))
      .catch((e: unknown) => e)
    expect(error).toBeInstanceOf(WsticketError)
    expect(error).toMatchObject({
      code: 'store_unavailable',
      message: 'the memory store failed: connect ECONNREFUSED',
      cause: new Error('connect ECONNREFUSED'),
    })
    expect(core.told('store.failed')).toMatchObject([
      { operation: 'inspect', message: 'connect ECONNREFUSED' },
    ])
  })

  test('passes an error on that names its store already', async () => {
    const core = makeCore()
    const remedy = 'Wait.'
    const own = new WsticketError('store_unavailable', 'the redis store at cache:6379 is loading', { remedy })
    core.faults.set('inspect', () => Promise.reject(own))
    await expect(core.calls.call('inspect', (store) => store.inspect('x'))).rejects.toBe(own)
    expect(core.told('store.failed')).toMatchObject([{ operation: 'inspect', message: own.message, remedy }])
  })

  test('fails like any other if the store throws instead of rejecting', async () => {
    const core = makeCore()
    core.faults.set('inspect', () => {
      throw new Error('not connected')
    })
    await expect(core.calls.call('inspect', (store) => store.inspect('x'))).rejects.toMatchObject({
      code: 'store_unavailable',
    })
  })
})

describe('redeem', () => {
  test('asks again with the same attempt when a reply was lost, and is admitted as one socket', async () => {
    const core = makeCore()
    const { ref } = await issued(core.calls.store)
    core.faults.set('redeem', (call, make) => {
      core.faults.delete('redeem')
      return replyLost(call, make)
    })
    const outcome = await settle(core, core.calls.redeem(ref, attempt(), REDEEM), 400)
    expect(outcome).toMatchObject({ kind: 'admitted' })
    expect(core.made.get('redeem')).toBe(2)
    expect(await socketsOf(core)).toBe(1)
    expect(core.told('store.failed')).toEqual([])
  })

  test('asks again when the connection is refused, for as long as the budget lasts', async () => {
    const core = makeCore()
    const { ref } = await issued(core.calls.store)
    core.faults.set('redeem', refusedConnection)
    const work = core.calls.redeem(ref, attempt(), REDEEM)
    await core.clock.run(500)
    core.faults.delete('redeem')
    expect(await settle(core, work, 200)).toMatchObject({ kind: 'admitted' })
  })

  test('does not storm a store that refuses at once', async () => {
    const core = makeCore()
    const { ref } = await issued(core.calls.store)
    core.faults.set('redeem', refusedConnection)
    const work = core.calls.redeem(ref, attempt(), REDEEM).catch((error: unknown) => error)
    await core.clock.run(STORE_BUDGET_MS)
    expect(await work).toMatchObject({ code: 'store_unavailable' })
    expect(core.made.get('redeem')).toBe(8)
  })

  test('gives up within the budget, and gives the session up that may have been opened', async () => {
    const core = makeCore()
    const { ref } = await issued(core.calls.store)
    core.faults.set('redeem', replyLost)
    const work = core.calls.redeem(ref, attempt(), REDEEM).catch((error: unknown) => error)
    await core.clock.run(STORE_BUDGET_MS)
    expect(await work).toMatchObject({ code: 'store_unavailable' })
    expect(core.told('store.failed')).toMatchObject([{ operation: 'redeem' }])
    expect(core.made.get('closeSocket')).toBe(1)
    expect(await socketsOf(core)).toBe(0)
    // The ticket was used by an attempt that has ended: nobody else gets in with it.
    core.faults.delete('redeem')
    expect(await core.calls.redeem(ref, attempt(), REDEEM)).toMatchObject({ kind: 'used' })
  })

  test('closes a session again that was opened after it had given up', async () => {
    const core = makeCore()
    const { ref } = await issued(core.calls.store)
    core.faults.set('redeem', async (_call, make) => {
      await new Promise<void>((resolve) => core.clock.after(5000, resolve))
      return make()
    })
    const work = core.calls.redeem(ref, attempt(), REDEEM).catch((error: unknown) => error)
    await core.clock.run(STORE_BUDGET_MS)
    expect(await work).toBeInstanceOf(WsticketError)
    expect(await socketsOf(core)).toBe(0)
    await core.clock.run(5000)
    expect(core.made.get('closeSocket')).toBeGreaterThan(1)
    expect(await socketsOf(core)).toBe(0)
  })

  // A try that hung was forgotten once a later one had an answer; when it won in the end, its session stayed open
  // with nobody to hold it.
  test('closes a session again that an abandoned try opened after a later one had been refused', async () => {
    const core = makeCore()
    const { ref } = await issued(core.calls.store, { audience: '/chat' })
    const by = attempt()
    let tries = 0
    core.faults.set('redeem', async (_call, make) => {
      tries += 1
      if (tries > 1) return make()
      await new Promise<void>((resolve) => core.clock.after(600, resolve))
      return core.calls.store.redeem(ref, by, { ...REDEEM, audience: '/chat' }) as ReturnType<typeof make>
    })
    const outcome = await settle(core, core.calls.redeem(ref, by, REDEEM), 500)
    expect(outcome).toEqual({ kind: 'mismatch', what: 'audience' })
    await core.clock.run(200)
    expect(tries).toBe(3)
    expect(core.made.get('closeSocket')).toBe(1)
    expect(await socketsOf(core)).toBe(0)
  })

  test('keeps the session when an abandoned try answers after a later one was admitted', async () => {
    const core = makeCore()
    const { ref } = await issued(core.calls.store)
    let tries = 0
    core.faults.set('redeem', async (_call, make) => {
      tries += 1
      const outcome = await make()
      if (tries === 1) await new Promise<void>((resolve) => core.clock.after(600, resolve))
      return outcome
    })
    expect(await settle(core, core.calls.redeem(ref, attempt(), REDEEM), 2000)).toMatchObject({
      kind: 'admitted',
    })
    expect(core.made.get('closeSocket')).toBeUndefined()
    expect(await socketsOf(core)).toBe(1)
  })

  test('leaves it at a refusal of a try that was abandoned', async () => {
    const core = makeCore()
    core.faults.set('redeem', async (_call, make) => {
      await new Promise<void>((resolve) => core.clock.after(2000, resolve))
      return make()
    })
    const work = core.calls
      .redeem('7fAAAAAAAAAAAAAAAAAAAAAA', attempt(), REDEEM)
      .catch((error: unknown) => error)
    await core.clock.run(4000)
    expect(await work).toBeInstanceOf(WsticketError)
    expect(core.made.get('closeSocket')).toBe(1)
  })

  test('ignores an error that comes after its try was abandoned', async () => {
    const core = makeCore()
    const { ref } = await issued(core.calls.store)
    let tries = 0
    core.faults.set('redeem', async (_call, make) => {
      tries += 1
      if (tries > 1) return make()
      await new Promise<void>((resolve) => core.clock.after(600, resolve))
      throw new Error('connection reset')
    })
    expect(await settle(core, core.calls.redeem(ref, attempt(), REDEEM), 2000)).toMatchObject({
      kind: 'admitted',
    })
  })
})

describe('closeSocket', () => {
  test('never rejects, and tells the hub', async () => {
    const core = makeCore()
    core.faults.set('closeSocket', refusedConnection)
    await core.calls.closeSocket('7fAAAAAAAAAAAAAAAAAAAAAA', 'attempt')
    expect(core.told('store.failed')).toMatchObject([{ operation: 'close' }])
  })

  // Sockets that ended while the store failed over counted against their users until the session's deadline, for hours.
  test('tells a store that was away as soon as it is back', async () => {
    const core = makeCore()
    const { ref } = await issued(core.calls.store, { singleUse: false })
    const [first, second] = [attempt(), attempt()]
    for (const by of [first, second]) await core.calls.redeem(ref, by, REDEEM)
    core.faults.set('closeSocket', refusedConnection)
    for (const { id } of [first, second]) await core.calls.closeSocket(ref, id)
    await core.clock.run(60_000)
    expect(await socketsOf(core)).toBe(2)
    core.faults.clear()
    await core.clock.run(2000)
    expect(await socketsOf(core)).toBe(0)
    const told = core.made.get('closeSocket')
    await core.clock.run(60_000)
    expect(core.made.get('closeSocket')).toBe(told)
  })

  test('tells it of an attempt that was given up, too', async () => {
    const core = makeCore()
    const { ref } = await issued(core.calls.store)
    core.faults.set('redeem', replyLost)
    core.faults.set('closeSocket', lost)
    const work = core.calls.redeem(ref, attempt(), REDEEM).catch((error: unknown) => error)
    await core.clock.run(10_000)
    expect(await work).toMatchObject({ code: 'store_unavailable' })
    expect(await socketsOf(core)).toBe(1)
    core.faults.clear()
    await core.clock.run(3000)
    expect(await socketsOf(core)).toBe(0)
  })

  test('leaves it at that when the store is let go', async () => {
    const core = makeCore()
    core.faults.set('closeSocket', refusedConnection)
    await core.calls.closeSocket('7fAAAAAAAAAAAAAAAAAAAAAA', 'attempt')
    await core.calls.close()
    await core.clock.run(60_000)
    expect(core.made.get('closeSocket')).toBe(1)
    expect(core.clock.pending()).toEqual([])
  })
})

describe('a store that hangs', () => {
  function makeSmallCore(): Core {
    const core = makeCore()
    return { ...core, calls: new StoreCalls(core.calls.store, core.clock, core.events, MOST) }
  }

  /** Makes so many calls that nobody answers; gives how they failed, once they have. */
  async function pileUp(core: Core, calls: number): Promise<Map<string, number>> {
    core.faults.set('inspect', lost)
    const messages = new Map<string, number>()
    const work = Array.from({ length: calls }, () =>
      core.calls
        .call('inspect', (store) => store.inspect('x'))
        .catch((error: unknown) => {
          const message = error instanceof Error ? error.message : String(error)
          messages.set(message, (messages.get(message) ?? 0) + 1)
        }),
    )
    await core.clock.run(STORE_BUDGET_MS)
    await Promise.all(work)
    return messages
  }

  // Every request that came while a store hung stayed in the memory of its client for as long as it did.
  test('is not sent more than it can owe; what comes beyond that fails at once', async () => {
    const core = makeSmallCore()
    expect(await pileUp(core, MOST + 5)).toEqual(
      new Map([
        ['the memory store has 20 calls to answer; inspect was not sent', 5],
        ['the memory store did not answer inspect in 1000 ms', MOST],
      ]),
    )
    expect(core.made.get('inspect')).toBe(MOST)
    const started = core.clock.now()
    await expect(core.calls.redeem('x', attempt(), REDEEM)).rejects.toMatchObject({
      code: 'store_unavailable',
      message: 'the memory store has 20 calls to answer; redeem was not sent',
    })
    expect(core.clock.now()).toBe(started)
    expect([core.made.get('redeem'), core.made.get('closeSocket')]).toEqual([undefined, undefined])
  })

  test('is told of once a second, and not for each call that was not sent', async () => {
    const core = makeSmallCore()
    await pileUp(core, MOST + 5)
    const overload = () => core.told('store.failed').filter(({ message }) => message.includes('was not sent'))
    expect(overload()).toHaveLength(1)
    for (let round = 0; round < 10; round += 1) {
      await core.calls.call('health', (store) => store.health()).catch(() => {})
      core.clock.advance(500)
    }
    expect(overload()).toHaveLength(6)
  })

  test('is asked again once it has answered, or once what it owes is lost', async () => {
    const core = makeSmallCore()
    const answers: (() => void)[] = []
    core.faults.set('health', async (_call, make) => {
      await new Promise<void>((resolve) => answers.push(resolve))
      return make()
    })
    const asked = core.calls.call('health', (store) => store.health())
    await settle(core, asked, STORE_BUDGET_MS)
    await pileUp(core, MOST - 1)
    const ask = (): Promise<unknown> =>
      core.calls
        .call('list', (store) => store.listSessions(SUBJECT))
        .catch((error: unknown) => (error instanceof WsticketError ? error.code : error))
    expect(await ask()).toBe('store_unavailable')
    for (const answer of answers) answer()
    await core.clock.run(0)
    expect(await ask()).toEqual([])
    await pileUp(core, 1)
    expect(await ask()).toBe('store_unavailable')
    await core.clock.run(30_000)
    core.faults.clear()
    expect(await ask()).toEqual([])
    expect(await pileUp(core, MOST)).toEqual(
      new Map([['the memory store did not answer inspect in 1000 ms', MOST]]),
    )
  })

  test('may owe ten thousand answers, and not one more', async () => {
    const core = makeCore()
    core.faults.set('inspect', lost)
    const ask = (): Promise<unknown> => core.calls.call('inspect', (store) => store.inspect('x'))
    for (let call = 0; call < 10_000; call += 1) ask().catch(() => {})
    await settled()
    expect([core.made.get('inspect'), core.told('store.failed')]).toEqual([10_000, []])
    await expect(ask()).rejects.toThrow('has 10000 calls to answer')
  })
})

test('checkSessions asks once for all', async () => {
  const core = makeCore()
  expect(await core.calls.checkSessions(['a', 'b'])).toEqual([
    { ref: 'a', kind: 'gone' },
    { ref: 'b', kind: 'gone' },
  ])
  expect(core.made.get('checkSessions')).toBe(1)
})
