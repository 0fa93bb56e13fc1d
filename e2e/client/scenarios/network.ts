import { expect, it } from 'vitest'
import { expectNoSurprise, expectNothingAmiss } from '../expectations.js'
import { enter, type Stage } from '../stage.js'
import { until } from '../until.js'

const TALK_MS = 100

/** What a user sees of a network that fails without a word from the browser. */
export function networkFaults(stage: () => Stage): void {
  it('a network that is cut and comes back', async (test) => {
    const { rig, tab } = await enter(stage(), test)
    await tab.connect('ada')
    await tab.comesTo('ada', { state: 'open' })
    await tab.call('talk', 'ada', TALK_MS)
    await tab.hears('ada', 3)

    rig.network.refuse()
    rig.network.cut()
    // The connection is lost, and then no ticket can be fetched.
    await tab.comesTo('ada', { state: 'waiting', cause: 'network_unreachable' })
    await rig.network.accept()
    await tab.comesTo('ada', { state: 'open', connections: 2 })
    expectNothingAmiss(await tab.settle('ada'))
    await expectNoSurprise(tab, 'ada')
  })

  it('a network that is silent for a while, and does not even notice', async (test) => {
    const { rig, tab } = await enter(stage(), test)
    await tab.connect('ada')
    await tab.comesTo('ada', { state: 'open' })
    rig.network.hold()
    await tab.call('talk', 'ada', TALK_MS)
    await until('messages to be on their way', async () => {
      const { sent } = await tab.call('view', 'ada')
      return sent >= 10 || undefined
    })
    rig.network.release()
    const tally = await tab.settle('ada')
    expectNothingAmiss(tally)
    expect(tally.lostInNetwork).toEqual([])
    expect((await tab.call('view', 'ada')).connections).toBe(1)
    await expectNoSurprise(tab, 'ada')
  })
}
