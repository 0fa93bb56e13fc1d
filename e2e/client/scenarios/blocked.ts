import { expect, it } from 'vitest'
import { expectNoSurprise, expectNothingAmiss } from '../expectations.js'
import { refusingProxy } from '../refusing-proxy.js'
import { enter, type Stage } from '../stage.js'

/** What a user sees behind a proxy that does not let upgrades through. */
export function blockedUpgrades(stage: () => Stage): void {
  it('a proxy that answers upgrades with 403 while HTTP works', async (test) => {
    const { cleanUp, rig, tab } = await enter(stage(), test)
    const proxy = await refusingProxy(rig.server.port, cleanUp)
    const api = `http://127.0.0.1:${proxy.port}`
    await tab.connect('plain', { api })
    await tab.connect('diagnosed', { api, diagnosed: true })
    await tab.comesTo('plain', { state: 'waiting', cause: 'connection_failed' })
    await tab.comesTo('diagnosed', { state: 'waiting', cause: 'websocket_blocked' })
    for (const name of ['plain', 'diagnosed']) {
      await tab.call('say', name, 3)
      // Never opened, so nothing was closed either, as far as the application is concerned.
      const { fired } = await tab.call('record', name)
      expect(fired.filter(({ type }) => type !== 'statechange')).toEqual([])
    }
    proxy.refuses = false
    for (const name of ['plain', 'diagnosed']) {
      await tab.comesTo(name, { state: 'open' })
      expectNothingAmiss(await tab.settle(name))
      await expectNoSurprise(tab, name)
    }
  })
}
