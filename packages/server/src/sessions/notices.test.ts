import { describe, expect, test } from 'vitest'
import { faultyStore, type Intercept, refusedConnection } from '../../test/intercepted-store.js'
import { manualClock, settled } from '../conformance/index.js'
import { memoryStore } from '../stores/memory.js'
import type { Notice } from '../stores/store.js'
import { NoticePump } from './notices.js'

function setUp() {
  const clock = manualClock()
  const inner = memoryStore({ clock })
  const { store, made, faults } = faultyStore(inner)
  const seen: (Notice | 'gap')[] = []
  const failures: unknown[] = []
  let heard = 0
  const pump = new NoticePump(store, clock, {
    // Whose time it is matters to the registry, not here.
    notice: (notice) => seen.push('at' in notice ? { ...notice, at: 0 } : notice),
    gap: () => seen.push('gap'),
    heard: () => {
      heard += 1
    },
    failed: (error) => failures.push(error),
  })
  const revoke = (subject: string) => inner.revoke({ kind: 'subject', subject, rememberMs: 1000 })
  return { clock, pump, seen, failures, made, faults, revoke, inner, heard: () => heard }
}

const subject = (name: string): Notice => ({ kind: 'subject', subject: name, at: 0 })

describe('NoticePump', () => {
  test('is ready once every later notice will be seen, and tells of each', async () => {
    const { pump, seen, revoke, made } = setUp()
    await revoke('before')
    await pump.start()
    await revoke('a')
    await revoke('b')
    await settled()
    expect(seen).toEqual([subject('a'), subject('b')])
    expect(pump.start()).toBe(pump.start())
    // The first call, and one for each time there was something.
    expect(made.get('notices')).toBeLessThanOrEqual(4)
    await pump.stop()
  })

  test('tells of a gap after what did come', async () => {
    const { pump, seen, faults } = setUp()
    faults.set('notices', (async (_call, make) => {
      faults.delete('notices')
      await make()
      return { cursor: '0', notices: [subject('a')], gap: true }
    }) as Intercept)
    await pump.start()
    await settled()
    expect(seen).toEqual([subject('a'), 'gap'])
    await pump.stop()
  })

  test('is not ready while the store cannot be read, and asks again every half second', async () => {
    const { pump, clock, faults, failures, made, seen, revoke } = setUp()
    faults.set('notices', refusedConnection)
    let ready = false
    void pump.start().then(() => {
      ready = true
    })
    await clock.run(1400)
    expect([ready, made.get('notices'), failures.length]).toEqual([false, 3, 3])
    faults.delete('notices')
    await clock.run(100)
    expect(ready).toBe(true)
    await revoke('a')
    await settled()
    expect(seen).toEqual([subject('a')])
    await pump.stop()
  })

  // A first read that got lost on a half-open connection was waited for until the process ended, and every admission with it.
  test('begins anew when the first read is not answered in time, and lets go of it', async () => {
    const { pump, clock, faults, failures, inner, heard } = setUp()
    const signals: AbortSignal[] = []
    inner.notices = (_cursor, signal) => {
      signals.push(signal)
      return new Promise(() => {})
    }
    void pump.start()
    await clock.run(1499)
    expect(failures).toMatchObject([
      { code: 'store_unavailable', message: 'the memory store did not answer notices in 1000 ms' },
    ])
    expect([signals.length, signals[0]?.aborted, heard()]).toEqual([1, true, 0])
    await clock.run(1)
    expect([signals.length, signals[1]?.aborted]).toEqual([2, false])
    faults.clear()
    const stopping = pump.stop()
    expect(signals[1]?.aborted).toBe(true)
    await clock.run(1000)
    await stopping
  })

  // While there was nothing to tell, nobody could say whether the store could be read again.
  test('knows at once after a failure that the store can be read again, though there is nothing to tell', async () => {
    const { pump, clock, faults, failures, heard, revoke, seen } = setUp()
    await pump.start()
    faults.set('notices', refusedConnection)
    await revoke('a')
    await clock.run(2000)
    expect([failures.length, heard()]).toEqual([5, 2])
    faults.clear()
    await clock.run(500)
    expect(heard()).toBe(3)
    await revoke('b')
    await settled()
    expect(seen).toEqual([subject('a'), subject('b')])
    faults.set('notices', () => new Promise(() => {}))
    await revoke('c')
    await clock.run(60_000)
    // One that waits is not called a failure.
    expect(failures).toHaveLength(5)
    const stopping = pump.stop()
    await clock.run(1000)
    await stopping
  })

  test('gives a store that was away ten seconds to tell what was missed, and then begins anew', async () => {
    const { pump, clock, faults, failures, revoke, seen } = setUp()
    await pump.start()
    faults.set('notices', refusedConnection)
    await revoke('a')
    await settled()
    await revoke('b')
    await settled()
    expect(failures).toHaveLength(1)
    faults.set('notices', () => new Promise(() => {}))
    await clock.run(500 + 9999)
    expect(failures).toHaveLength(1)
    await clock.run(1)
    expect(failures[1]).toMatchObject({ message: 'the memory store did not answer notices in 10000 ms' })
    faults.clear()
    await clock.run(500)
    expect(seen).toEqual([subject('a'), subject('b')])
    await pump.stop()
  })

  // A store that did not wait for notices took all of the process's time.
  test('reads a store that does not wait ten times at once, and then every half second', async () => {
    const { pump, clock, faults, made, seen, revoke, inner } = setUp()
    const stop = AbortSignal.abort()
    faults.set('notices', (async () => inner.notices('0', stop)) as Intercept)
    await pump.start()
    await clock.run(0)
    expect(made.get('notices')).toBe(10)
    await clock.run(2000)
    expect(made.get('notices')).toBe(14)
    await revoke('a')
    await clock.run(500)
    expect(seen).toContainEqual(subject('a'))
    expect(made.get('notices')).toBeLessThan(30)
    await pump.stop()
  })

  test('goes on where it stood after a failure, so that nothing is missed', async () => {
    const { pump, clock, faults, seen, revoke, made } = setUp()
    await pump.start()
    await settled()
    faults.set('notices', refusedConnection)
    await revoke('a')
    await settled()
    expect(seen).toEqual([subject('a')])
    await revoke('b')
    await clock.run(500)
    expect(seen).toEqual([subject('a')])
    faults.delete('notices')
    await clock.run(500)
    expect(seen).toEqual([subject('a'), subject('b')])
    expect(made.get('notices')).toBeGreaterThan(3)
    await pump.stop()
  })

  test('stops at once, whether it waits for a notice or for its next try', async () => {
    const waiting = setUp()
    await waiting.pump.start()
    await waiting.pump.stop()
    await waiting.revoke('a')
    await settled()
    expect(waiting.seen).toEqual([])
    const pausing = setUp()
    pausing.faults.set('notices', refusedConnection)
    void pausing.pump.start()
    await settled()
    expect(pausing.clock.pending()).toEqual([500])
    await pausing.pump.stop()
    expect(pausing.clock.pending()).toEqual([])
    expect(pausing.made.get('notices')).toBe(1)
  })

  test('reports no failure of a call that it gave up itself', async () => {
    const { pump, faults, failures, made } = setUp()
    faults.set('notices', async (_call, make) => {
      const batch = await make()
      if (made.get('notices') === 2) throw new Error('aborted')
      return batch
    })
    await pump.start()
    await settled()
    await pump.stop()
    expect([failures, made.get('notices')]).toEqual([[], 2])
  })

  // close() hung for as long as the store pleased.
  test('stops within a second, even if the store does not heed the signal', async () => {
    const { pump, faults, clock } = setUp()
    await pump.start()
    faults.set('notices', () => new Promise(() => {}))
    await settled()
    const { pump: deaf, faults: broken, clock: its, revoke } = setUp()
    await deaf.start()
    broken.set('notices', () => new Promise(() => {}))
    await revoke('a')
    await settled()
    let stopped = false
    const stopping = deaf.stop().then(() => {
      stopped = true
    })
    await its.run(999)
    expect(stopped).toBe(false)
    await its.run(1)
    await stopping
    await Promise.all([pump.stop(), clock.run(1000)])
  })

  // The second of two revocations was lost for good when the first could not be applied.
  test('tells of every notice, and of a gap, when one cannot be applied', async () => {
    const clock = manualClock()
    const store = memoryStore({ clock })
    const seen: string[] = []
    const pump = new NoticePump(store, clock, {
      notice: (notice) => {
        if (notice.kind === 'subject' && notice.subject === 'a') throw new Error('broken')
        seen.push(notice.kind)
      },
      gap: () => seen.push('gap'),
      heard: () => {},
      failed: (error) => seen.push(String(error)),
    })
    await pump.start()
    await Promise.all(
      ['a', 'b'].map((name) => store.revoke({ kind: 'subject', subject: name, rememberMs: 1000 })),
    )
    await settled()
    expect(seen).toEqual(['Error: broken', 'subject', 'gap'])
    await pump.stop()
  })

  test('may be stopped before it was ever started', async () => {
    const { pump, made } = setUp()
    await pump.stop()
    expect(made.size).toBe(0)
  })
})
