import { expect, it } from 'vitest'
import { faultProxy } from '../../../test/fault-proxy.js'
import { expectNoSurprise, expectNothingAmiss } from '../expectations.js'
import type { RealBrowser } from '../real-browser.js'
import { enter, type Stage } from '../stage.js'
import { until } from '../until.js'

/** The shortest that is not over before it was used. */
const LIFE_SECONDS = 4

/** What a user sees who closes the lid of a laptop, and opens it when the credential is over. Nothing else may go on in the browser. */
export function sleepOverExpiry(stage: () => Stage): void {
  it('a sleep that outlasts the credential, and either the connection or all trace of it', async (test) => {
    const { cleanUp, rig, tab } = await enter(stage(), test)
    const forgetful = await faultProxy(rig.server.port, cleanUp)
    const names = ['closed', 'gone']
    const users = [
      await tab.connect('closed', { lifeSeconds: LIFE_SECONDS }),
      await tab.connect('gone', { lifeSeconds: LIFE_SECONDS, api: `http://127.0.0.1:${forgetful.port}` }),
    ]
    for (const name of names) {
      await tab.comesTo(name, { state: 'open' })
      await tab.call('say', name, 1)
      await tab.hears(name, 1)
    }

    await asleep(stage().browser, async () => {
      // As a router does that has other things to remember: nobody is told that the connection is no more.
      forgetful.drop()
      await until('both sessions to be over', () => {
        const closed = rig.server.journal.of('session.closed').map(({ subject }) => subject)
        return users.every((user) => closed.includes(user)) || undefined
      })
      forgetful.pass()
    })
    for (const name of names) {
      await tab.comesTo(name, { state: 'open', connections: 2 })
      const tally = await tab.settle(name)
      expectNothingAmiss(tally)
      expect(tally.lostInNetwork).toEqual([])
      await expectNoSurprise(tab, name)
    }
  })
}

/** Stops a whole browser while something else happens. */
async function asleep(browser: RealBrowser, meanwhile: () => Promise<void>): Promise<void> {
  const stopped = browser.processes().filter((pid) => signal(pid, 'SIGSTOP'))
  try {
    await meanwhile()
  } finally {
    for (const pid of stopped) signal(pid, 'SIGCONT')
  }
}

/** Gives whether there was such a process: of a browser's many, some come and go all the time. */
function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
