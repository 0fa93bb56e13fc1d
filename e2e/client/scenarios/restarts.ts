import { expect, it } from 'vitest'
import { expectNoSurprise, expectNothingAmiss } from '../expectations.js'
import type { RealBrowser } from '../real-browser.js'
import { cleanupsOf, connectedRig, type RigTab } from '../rig.js'

/** So often a page speaks; the outbox of 256 is not full before 12 seconds are over. */
const TALK_MS = 50

/**
 * What a user sees of servers that end and come back.
 *
 * @param toldOfDrain the cause that a client sees when the server closes with 1012; some browsers do not know that code
 */
export function serverRestarts(browser: () => RealBrowser, toldOfDrain = 'draining'): void {
  it('a server that is killed and comes back', async (test) => {
    const { rig, tab } = await connectedRig(browser(), cleanupsOf(test))
    await tab.call('talk', 'ada', TALK_MS)
    await tab.hears('ada', 3)
    await rig.server.restart('SIGKILL')
    await tab.comesTo('ada', { state: 'open', connections: 2 })
    expectNothingAmiss(await tab.settle('ada'))
    await expectNoSurprise(tab, 'ada')
    expect(await whyItLeftOpen(tab)).toBe('connection_lost')
  })

  it('a server that ends in good order and comes back', async (test) => {
    const { rig, tab } = await connectedRig(browser(), cleanupsOf(test))
    await tab.settle('ada')
    await rig.server.end('SIGTERM')
    // What is said in the moment in which the browser has answered the close, and not told of it yet, goes into no outbox.
    await tab.comesTo('ada', { state: 'waiting' })
    await tab.call('talk', 'ada', TALK_MS)
    await rig.server.start()
    await tab.comesTo('ada', { state: 'open', connections: 2 })
    const tally = await tab.settle('ada')
    expectNothingAmiss(tally)
    expect(tally.lostInNetwork).toEqual([])
    await expectNoSurprise(tab, 'ada')
    expect(await whyItLeftOpen(tab)).toBe(toldOfDrain)
  })
}

async function whyItLeftOpen(tab: RigTab): Promise<string | undefined> {
  const { fired } = await tab.call('record', 'ada')
  return fired.find(({ type, from }) => type === 'statechange' && from === 'open')?.because
}
