import { parseTicket, type TicketParts } from '@wsticket/protocol'
import { describe, expect, test } from 'vitest'
import { type Core, makeCore } from '../../test/core.js'
import { type Intercept, lost, refusedConnection } from '../../test/intercepted-store.js'
import { settled } from '../conformance/index.js'
import { SealKeys } from './seal-keys.js'
import { mintTicket, subjectKey, systemRandom } from './secret.js'

const OURS = new Uint8Array(32).fill(1)
const THEIRS = new Uint8Array(32).fill(2)

function sealedWith(key: Uint8Array): TicketParts {
  const parts = parseTicket(mintTicket(subjectKey(undefined, 'ada'), key, systemRandom).ticket)
  if (parts === undefined) throw new Error('no ticket')
  return parts
}

/** A store that has these keys from now on. */
function keysOf(core: Core, keys: readonly Uint8Array[]): void {
  core.faults.set('sealKeys', (async () => keys) as Intercept)
}

function made(core: Core): number {
  return core.made.get('sealKeys') ?? 0
}

describe('SealKeys', () => {
  test('reads the keys once, and seals with the first', async () => {
    const core = makeCore()
    keysOf(core, [OURS, THEIRS])
    expect(await core.context.seals.current()).toBe(OURS)
    expect(await core.context.seals.current()).toBe(OURS)
    expect(await core.context.seals.accept(sealedWith(THEIRS))).toBe(true)
    expect(made(core)).toBe(1)
  })

  test('costs the store one call a second at most, however many forged tickets come', async () => {
    const core = makeCore()
    keysOf(core, [OURS])
    await core.context.seals.current()
    core.clock.advance(1000)
    const answers = await Promise.all(
      Array.from({ length: 500 }, () => core.context.seals.accept(sealedWith(THEIRS))),
    )
    expect(answers.some(Boolean)).toBe(false)
    expect(made(core)).toBe(2)
    core.clock.advance(999)
    for (let round = 0; round < 100; round += 1) await core.context.seals.accept(sealedWith(THEIRS))
    expect(made(core)).toBe(2)
    core.clock.advance(1)
    await core.context.seals.accept(sealedWith(THEIRS))
    expect(made(core)).toBe(3)
  })

  test('accepts a key that another node has made since', async () => {
    const core = makeCore()
    keysOf(core, [OURS])
    await core.context.seals.current()
    keysOf(core, [THEIRS, OURS])
    core.clock.advance(1000)
    expect(await core.context.seals.accept(sealedWith(THEIRS))).toBe(true)
    expect(await core.context.seals.accept(sealedWith(OURS))).toBe(true)
    expect(await core.context.seals.current()).toBe(THEIRS)
    expect(made(core)).toBe(2)
  })

  // The second of two upgrades at a node that had just started was told that its ticket was unknown, because the
  // first had begun to read the keys a moment before.
  test('lets all who come while the keys are being read wait for them', async () => {
    const core = makeCore()
    keysOf(core, [OURS])
    const answers = await Promise.all([1, 2, 3].map(() => core.context.seals.accept(sealedWith(OURS))))
    expect(answers).toEqual([true, true, true])
    expect(made(core)).toBe(1)
  })

  test('does not call a ticket forged while the keys cannot be read', async () => {
    const core = makeCore()
    core.faults.set('sealKeys', refusedConnection)
    const { seals } = core.context
    for (let round = 0; round < 5; round += 1) {
      await expect(seals.accept(sealedWith(OURS))).rejects.toMatchObject({ code: 'store_unavailable' })
    }
    expect(made(core)).toBe(1)
    keysOf(core, [OURS])
    core.clock.advance(1000)
    expect(await seals.accept(sealedWith(OURS))).toBe(true)
    expect(await seals.accept(sealedWith(THEIRS))).toBe(false)
  })

  test('accepts what fits a known key though the store is down', async () => {
    const core = makeCore()
    keysOf(core, [OURS])
    await core.context.seals.current()
    core.faults.set('sealKeys', lost)
    core.clock.advance(5000)
    const forged = core.context.seals.accept(sealedWith(THEIRS)).catch((error: unknown) => error)
    await settled()
    expect(await core.context.seals.accept(sealedWith(OURS))).toBe(true)
    await core.clock.run(1000)
    expect(await forged).toMatchObject({ code: 'store_unavailable' })
  })

  test('takes configured keys, and asks the store for none', async () => {
    const core = makeCore()
    const seals = new SealKeys(core.calls, core.clock, [OURS, THEIRS])
    expect(await seals.accept(sealedWith(THEIRS))).toBe(true)
    expect(await seals.current()).toBe(OURS)
    core.clock.advance(5000)
    expect(await seals.accept(sealedWith(new Uint8Array(32)))).toBe(false)
    expect(made(core)).toBe(0)
  })

  test('says what is wrong with a store that gives no keys', async () => {
    const core = makeCore()
    keysOf(core, [])
    await expect(core.context.seals.current()).rejects.toThrow('sealKeys() must give at least one')
  })
})

describe('SealKeys, as time goes by', () => {
  // Keys that were changed in the store were never seen by a node that only issues: no other node knew its tickets.
  test('reads the keys every 30 seconds, so that all nodes come to have the same', async () => {
    const core = makeCore()
    keysOf(core, [OURS])
    const { seals } = core.context
    expect(await seals.current()).toBe(OURS)
    keysOf(core, [THEIRS])
    await core.clock.run(29_999)
    expect(await seals.current()).toBe(OURS)
    await core.clock.run(1)
    expect(await seals.current()).toBe(THEIRS)
    await core.clock.run(60_000)
    expect(made(core)).toBe(4)
  })

  test('drops a key that the store has dropped', async () => {
    const core = makeCore()
    keysOf(core, [THEIRS, OURS])
    const { seals } = core.context
    expect(await seals.accept(sealedWith(OURS))).toBe(true)
    keysOf(core, [THEIRS])
    await core.clock.run(31_000)
    expect(await seals.accept(sealedWith(OURS))).toBe(false)
    expect(await seals.accept(sealedWith(THEIRS))).toBe(true)
  })

  test('keeps the keys while the store gives none, and tells of it', async () => {
    const core = makeCore()
    keysOf(core, [OURS])
    const { seals } = core.context
    await seals.current()
    for (const broken of [refusedConnection, lost, (async () => []) as Intercept]) {
      core.faults.set('sealKeys', broken)
      await core.clock.run(31_000)
      expect(await seals.current()).toBe(OURS)
      expect(await seals.accept(sealedWith(OURS))).toBe(true)
    }
    expect(core.told('store.failed').map(({ operation }) => operation)).toEqual(Array(3).fill('sealKeys'))
    keysOf(core, [THEIRS])
    await core.clock.run(31_000)
    expect(await seals.current()).toBe(THEIRS)
  })

  test('begins with the first use, and ends when it is told to', async () => {
    const core = makeCore()
    keysOf(core, [OURS])
    await core.clock.run(60_000)
    expect(made(core)).toBe(0)
    const { seals } = core.context
    await seals.current()
    seals.stop()
    await core.clock.run(60_000)
    expect(made(core)).toBe(1)
    // Tickets are issued for as long as somebody asks for them.
    const late = new SealKeys(core.calls, core.clock, undefined)
    late.stop()
    expect(await late.current()).toBe(OURS)
    expect(core.clock.pending()).toEqual([])
  })

  test('has nothing to read where the keys are configured', async () => {
    const core = makeCore()
    const seals = new SealKeys(core.calls, core.clock, [OURS])
    await seals.current()
    await seals.accept(sealedWith(THEIRS))
    expect(core.clock.pending()).toEqual([])
    expect(made(core)).toBe(0)
  })
})
