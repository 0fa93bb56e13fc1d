import assert from 'node:assert/strict'
import type { RateLimits } from '../src/auth/rate-limit.js'

/** What counts attempts, and how its time is moved. */
export interface RateLimitsUnderTest {
  /** Two that count together: what a second node would have. */
  readonly nodes: readonly [RateLimits, RateLimits]
  /** Lets at least so many milliseconds pass for it, and not many more. */
  readonly advance: (ms: number) => Promise<void>
}

/** One sentence of the contract of `RateLimits`, and the proof of it. */
export interface RateLimitCase {
  readonly name: string
  readonly run: (under: RateLimitsUnderTest) => Promise<void>
}

/** One comes back in 15 seconds: a machine that stands still for a moment is no reason to fail. */
const SLOW = 1 / 15

function assertWait(seconds: number): void {
  assert.ok(seconds >= 12 && seconds <= 15, `${seconds} s is not 15 s, less what passed`)
}

/** What counting attempts means, wherever they are counted. */
export const rateLimitCases: readonly RateLimitCase[] = [
  {
    name: 'allows the burst, then one whenever one has come back',
    async run({ nodes: [limits], advance }) {
      const limiter = limits('a', { burst: 3, perSecond: 1 })
      const taken = async (): Promise<number> => await limiter.take('k')
      assert.deepEqual([await taken(), await taken(), await taken()], [0, 0, 0])
      assert.equal(await taken(), 1)
      await advance(1000)
      assert.equal(await taken(), 0)
      assert.equal(await taken(), 1)
    },
  },
  {
    name: 'tells how many seconds there are to wait',
    async run({ nodes: [limits] }) {
      const limiter = limits('b', { burst: 1, perSecond: SLOW })
      assert.equal(await limiter.take('k'), 0)
      assertWait(await limiter.take('k'))
    },
  },
  {
    name: 'counts each key, and each kind of attempt, for itself',
    async run({ nodes: [limits] }) {
      const terms = { burst: 1, perSecond: SLOW }
      const [limiter, another] = [limits('c', terms), limits('d', terms)]
      assert.equal(await limiter.take('{k}:*'), 0)
      assert.equal(await limiter.take('{k}:\n'), 0)
      assert.equal(await another.take('{k}:*'), 0)
      assertWait(await limiter.take('{k}:*'))
    },
  },
  {
    name: 'counts the attempts on all nodes together, one by one',
    async run({ nodes: [here, there] }) {
      const terms = { burst: 5, perSecond: SLOW }
      const [limiter, another] = [here('e', terms), there('e', terms)]
      const waits = await Promise.all(
        Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? limiter : another).take('k')),
      )
      assert.equal(waits.filter((wait) => wait === 0).length, 5)
      for (const wait of waits) if (wait !== 0) assertWait(wait)
    },
  },
  {
    name: 'gives an attempt back, and never more than were taken',
    async run({ nodes: [here, there] }) {
      const terms = { burst: 2, perSecond: SLOW }
      const [limiter, another] = [here('f', terms), there('f', terms)]
      assert.deepEqual([await limiter.take('k'), await limiter.take('k')], [0, 0])
      await another.giveBack('k')
      assert.equal(await limiter.take('k'), 0)
      assertWait(await limiter.take('k'))
      for (let times = 0; times < 5; times += 1) await limiter.giveBack('k')
      assert.deepEqual(
        [await limiter.take('k'), await limiter.take('k'), await another.take('k')],
        [0, 0, 15],
      )
    },
  },
]
