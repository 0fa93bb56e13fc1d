import { expect, it } from 'vitest'
import { expectNoSurprise, expectNothingAmiss } from '../expectations.js'
import { aBackend } from '../rig.js'
import type { RigTab } from '../rig-tab.js'
import { enter, type Stage } from '../stage.js'

/** So often a page speaks; the outbox of 256 is not full before 51 seconds are over. */
const TALK_MS = 200

/**
 * What a user sees of servers that end and come back.
 *
 * @param toldOfDrain the cause that a client sees when the server closes with 1012; some browsers do not know that code
 */
export function serverRestarts(stage: () => Stage, toldOfDrain = 'draining'): void {
  it('a server that is killed and comes back, and then ends in good order and comes back', async (test) => {
    const { pages } = stage().backend
    const { rig, tab } = await enter(stage(), test, (cleanUp) => aBackend(cleanUp, { pages }))
    await tab.connect('ada')
    await tab.comesTo('ada', { state: 'open' })
    await tab.call('talk', 'ada', TALK_MS)
    await tab.hears('ada', 3)
    await rig.server.restart('SIGKILL')
    await tab.comesTo('ada', { state: 'open', connections: 2 })
    const { lostInNetwork } = await tab.settle('ada')

    await rig.server.end('SIGTERM')
    await tab.comesTo('ada', { state: 'waiting' })
    await tab.call('talk', 'ada', TALK_MS)
    await rig.server.start()
    await tab.comesTo('ada', { state: 'open', connections: 3 })
    const tally = await tab.settle('ada')
    expectNothingAmiss(tally)
    // Only a message that the browser takes just when it answers the close, and has not told of it yet, could go down here.
    expect(tally.lostInNetwork).toEqual(lostInNetwork)
    await expectNoSurprise(tab, 'ada')
    expect(await whyItLeftOpen(tab)).toEqual(['connection_lost', toldOfDrain])
  })
}

async function whyItLeftOpen(tab: RigTab): Promise<readonly (string | undefined)[]> {
  const { fired } = await tab.call('record', 'ada')
  return fired.filter(({ from, to }) => from === 'open' && to === 'waiting').map(({ because }) => because)
}
