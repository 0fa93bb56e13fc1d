import { expect, it } from 'vitest'
import { aRedis } from '../../../test/redis/a-redis.js'
import { expectNoSurprise, expectNothingAmiss } from '../expectations.js'
import type { RealBrowser } from '../real-browser.js'
import { aBackend, cleanupsOf, connectedRig } from '../rig.js'

const TALK_MS = 50

/** What a user sees of a Redis that ends and comes back. */
export function redisRestarts(browser: () => RealBrowser): void {
  it('a Redis that comes back and has forgotten all sessions', async (test) => {
    const cleanUp = cleanupsOf(test)
    const redis = await aRedis({}, cleanUp)
    const { tab } = await connectedRig(browser(), cleanUp, await aBackend(cleanUp, { redisPort: redis.port }))
    await tab.call('talk', 'ada', TALK_MS)
    await redis.kill()
    // Who is connected notices nothing.
    const { acknowledged } = await tab.call('view', 'ada')
    await tab.hears('ada', acknowledged + 5)
    await tab.settle('ada')
    expect(await tab.call('view', 'ada')).toMatchObject({ state: 'open', connections: 1 })

    await redis.restart()
    await tab.comesTo('ada', { state: 'open', connections: 2 })
    const tally = await tab.settle('ada')
    expectNothingAmiss(tally)
    expect(tally.lostInNetwork).toEqual([])
    await expectNoSurprise(tab, 'ada')
    const { fired } = await tab.call('record', 'ada')
    const close = { type: 'close', code: 3008, reason: 'session_expired' }
    expect(fired).toContainEqual(expect.objectContaining(close))
  })

  it('a Redis that is away just when the connection is lost', async (test) => {
    const cleanUp = cleanupsOf(test)
    const redis = await aRedis({}, cleanUp)
    const { rig, tab } = await connectedRig(
      browser(),
      cleanUp,
      await aBackend(cleanUp, { redisPort: redis.port }),
    )
    await redis.kill()
    rig.network.cut()
    await tab.comesTo('ada', { state: 'waiting', cause: 'store_unavailable' })
    await tab.call('say', 'ada', 5)
    await redis.restart()
    await tab.comesTo('ada', { state: 'open', connections: 2 })
    expectNothingAmiss(await tab.settle('ada'))
    await expectNoSurprise(tab, 'ada')
  })
}
