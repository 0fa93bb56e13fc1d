import { expect, it } from 'vitest'
import { expectNoSurprise, expectNothingAmiss } from '../expectations.js'
import { somebody } from '../rig.js'
import { enter, type Stage } from '../stage.js'

/** Each tab renews its session a second before the end. */
const LIFE_SECONDS = 4

/** What a user sees whose tabs share a login. */
export function sharedLogins(stage: () => Stage): void {
  it('ends of the credential that two tabs share, and a logout from both', async (test) => {
    const { rig, tab: here, otherTab: there } = await enter(stage(), test)
    const user = somebody('ada')
    const shared = { user, login: user, sharedAs: user, lifeSeconds: LIFE_SECONDS }
    await Promise.all([here.connect('here', shared), there.connect('there', shared)])
    await here.comesTo('here', { state: 'open', cause: 'renewed' })
    await there.comesTo('there', { state: 'open', cause: 'renewed' })
    // Two refreshes at once would use up each other's refresh token.
    expect(rig.pages.tokensOf(user)).toMatchObject({ atOnce: 1 })
    for (const [tab, name] of [
      [here, 'here'],
      [there, 'there'],
    ] as const) {
      expectNothingAmiss(await tab.settle(name))
    }

    expect(await here.call('logOut', 'here')).toBe(200)
    await here.comesTo('here', { state: 'stopped' })
    await there.comesTo('there', { state: 'stopped' })
    await expectNoSurprise(here, 'here')
    await expectNoSurprise(there, 'there')
  })
}
