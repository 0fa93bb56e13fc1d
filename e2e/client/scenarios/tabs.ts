import { expect, it } from 'vitest'
import { faultProxy } from '../../../test/fault-proxy.js'
import { expectNoSurprise, expectNothingAmiss } from '../expectations.js'
import { somebody } from '../rig.js'
import { enter, type Stage } from '../stage.js'

/** What a user sees who has the page open twice. */
export function twoTabs(stage: () => Stage): void {
  it('two tabs that lose their connections in the same moment', async (test) => {
    const { rig, tab: one, otherTab: other } = await enter(stage(), test)
    const tabs = [one, other]
    const user = somebody('ada')
    const login = { user, login: user }
    await Promise.all(tabs.map((tab, index) => tab.connect(`tab-${index}`, login)))
    await Promise.all(tabs.map((tab, index) => tab.comesTo(`tab-${index}`, { state: 'open' })))
    rig.network.cut()
    const views = await Promise.all(
      tabs.map((tab, index) => tab.comesTo(`tab-${index}`, { state: 'open', connections: 2 })),
    )
    expect(new Set(views.map(({ ref }) => ref)).size).toBe(2)
    for (const [index, tab] of tabs.entries()) {
      expectNothingAmiss(await tab.settle(`tab-${index}`))
      await expectNoSurprise(tab, `tab-${index}`)
    }
    // Each of the four connections had a ticket of its own, and none was tried twice.
    const ofUser = rig.server.journal.read().filter(({ subject }) => subject === user)
    const redeemed = ofUser.filter(({ type }) => type === 'ticket.redeemed').map(({ ref }) => ref)
    expect(redeemed).toHaveLength(4)
    expect(new Set(redeemed).size).toBe(4)
    expect(rig.server.journal.of('ticket.reused')).toEqual([])
  })

  it('a logout in one tab: the others stop, say why, and ask for nothing any more', async (test) => {
    const { cleanUp, rig, tab: here, otherTab: there } = await enter(stage(), test)
    const elsewhere = await faultProxy(rig.server.port, cleanUp)
    const user = somebody('ada')
    const login = { user, login: user }
    await here.connect('here', login)
    await there.connect('there', login)
    await there.connect('away', { ...login, api: `http://127.0.0.1:${elsewhere.port}` })
    await here.comesTo('here', { state: 'open' })
    for (const name of ['there', 'away']) await there.comesTo(name, { state: 'open' })
    // This one has no network when it happens, and hears of it from the ticket route.
    elsewhere.refuse()
    elsewhere.cut()
    await there.comesTo('away', { state: 'waiting', cause: 'network_unreachable' })

    expect(await here.call('logOut', 'here')).toBe(200)
    await here.comesTo('here', { state: 'stopped', cause: 'session_revoked' })
    await there.comesTo('there', { state: 'stopped', cause: 'session_revoked' })
    await elsewhere.accept()
    await there.comesTo('away', { state: 'stopped', cause: 'credential_revoked' })
    const { fired } = await there.call('record', 'there')
    expect(fired.filter(({ type }) => type === 'close')).toEqual([
      expect.objectContaining({ code: 3003, reason: 'session_revoked' }),
    ])
    // What is sent now goes nowhere, and throws nothing.
    await there.call('say', 'there', 1)
    await expectNoSurprise(there, 'there')
    await expectNoSurprise(there, 'away')

    // Somebody else comes and goes; those who were logged out do not knock again.
    const knocked = await Promise.all(
      ['there', 'away'].map(async (name) => (await there.call('record', name)).dials),
    )
    expect(knocked[0]).toMatchObject({ tickets: 1, sockets: 1 })
    await there.connect('alan')
    await there.comesTo('alan', { state: 'open' })
    rig.network.cut()
    await there.comesTo('alan', { state: 'open', connections: 2 })
    expect(
      await Promise.all(['there', 'away'].map(async (name) => (await there.call('record', name)).dials)),
    ).toEqual(knocked)
    const refusals = rig.server.journal.of('request.refused')
    expect(
      refusals.filter(({ code, subject }) => code === 'credential_revoked' && subject === user),
    ).toHaveLength(1)
  })
}
