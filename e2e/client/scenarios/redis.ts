import { expect, it } from 'vitest'
import { aRedis } from '../../../test/redis/a-redis.js'
import { expectNoSurprise, expectNothingAmiss } from '../expectations.js'
import { aBackend } from '../rig.js'
import { cleanupsOf, enter, type Stage } from '../stage.js'

const TALK_MS = 200

/** What a user sees of a Redis that ends and comes back. */
export function redisRestarts(stage: () => Stage): void {
  it('a Redis that comes back and has forgotten all sessions, and one that is away when it is needed', async (test) => {
    const redis = await aRedis({}, cleanupsOf(test))
    const { pages } = stage().backend
    const { rig, tab } = await enter(stage(), test, (cleanUp) =>
      aBackend(cleanUp, { pages, redisPort: redis.port }),
    )
    await tab.connect('ada')
    await tab.comesTo('ada', { state: 'open' })
    await tab.call('talk', 'ada', TALK_MS)
    await redis.kill()
    // Who is connected notices nothing.
    const { acknowledged } = await tab.call('view', 'ada')
    await tab.hears('ada', acknowledged + 5)
    await tab.settle('ada')
    expect(await tab.call('view', 'ada')).toMatchObject({ state: 'open', connections: 1 })
    await redis.restart()
    await tab.comesTo('ada', { state: 'open', connections: 2 })
    await tab.settle('ada')
    const { fired } = await tab.call('record', 'ada')
    const close = { type: 'close', code: 3008, reason: 'session_expired' }
    expect(fired).toContainEqual(expect.objectContaining(close))

    await redis.kill()
    rig.network.cut()
    await tab.comesTo('ada', { state: 'waiting', cause: 'store_unavailable' })
    await tab.call('say', 'ada', 5)
    await redis.restart()
    await tab.comesTo('ada', { state: 'open', connections: 3 })
    const tally = await tab.settle('ada')
    expectNothingAmiss(tally)
    expect(tally.lostInNetwork).toEqual([])
    await expectNoSurprise(tab, 'ada')
  })
}
