import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type FakeChannel, FakeChannels, FakeLocks } from '../../test/fake-tabs.js'
import { ManualClock } from '../../test/manual-clock.js'
import { type SharedLogin, sharedLogin } from './shared-login.js'

const TABS = 3

/** What happens in one of the tabs. */
const happenings = fc.array(
  fc.record({
    what: fc.constantFrom(
      'ask',
      'refresh',
      'refresh',
      'login',
      'logout',
      'answer',
      'answer',
      'freeze',
      'thaw',
    ),
    tab: fc.nat(TABS - 1),
    afterMs: fc.constantFrom(0, 1, 60, 3000),
  }),
  { maxLength: 40, size: 'max' },
)

/** Lets everything happen that waits for nothing but its turn. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('Tabs refresh one at a time, never bring back who was logged out, and agree once they hear each other', async () => {
  await fc.assert(
    fc.asyncProperty(happenings, async (script) => {
      const clock = new ManualClock()
      const locks = new FakeLocks()
      const channels = new FakeChannels()
      const answers: (() => void)[] = []
      let atOnce = 0
      let mostAtOnce = 0
      let issued = 0
      const tabs = Array.from({ length: TABS }, (_none, index) => {
        const opened: FakeChannel[] = []
        const login: SharedLogin = sharedLogin({
          name: 'chat',
          clock,
          locks: locks.tab(`tab ${index}`),
          openChannel(name) {
            const channel = channels.open(name)
            opened.push(channel)
            return channel
          },
          userOf: (jwt) => jwt.split(' ')[0],
          random: () => index / TABS,
          async refresh({ signal }) {
            mostAtOnce = Math.max(mostAtOnce, ++atOnce)
            const jwt = `ada ${++issued}`
            // Who is told to stop stops.
            await new Promise<void>((resolve) => {
              answers.push(resolve)
              signal.addEventListener('abort', () => resolve())
            })
            atOnce--
            return jwt
          },
        })
        return { login, channel: opened[0] }
      })
      const advance = async (milliseconds: number): Promise<void> => {
        clock.advance(milliseconds)
        await settle()
      }

      for (const { what, tab, afterMs } of script) {
        await advance(afterMs)
        const { login, channel } = tabs[tab] ?? tabs[0] ?? expect.fail()
        if (what === 'ask' || what === 'refresh') {
          // Some are told that it took too long.
          login.credential({ refresh: what === 'refresh' }).catch(() => {})
        } else if (what === 'login') {
          login.login(`bob ${++issued}`)
        } else if (what === 'logout') {
          login.logout()
          const before = issued
          const now = await login.credential({ refresh: true })
          // Unless a tab that has not heard of it says something newer, there is nobody.
          if (now !== '') expect(Number(now.split(' ')[1])).toBeGreaterThan(before)
        } else if (what === 'answer') {
          answers.shift()?.()
        } else if (what === 'freeze') {
          channel?.freeze()
        } else {
          channel?.thaw()
        }
        await settle()
      }
      expect(mostAtOnce).toBeLessThanOrEqual(1)

      for (const { channel } of tabs) channel?.thaw()
      await settle()
      const all: string[] = []
      for (const { login } of tabs) {
        let given: string | undefined
        login.credential({ refresh: false }).then(
          (jwt) => {
            given = jwt
          },
          () => {},
        )
        for (let steps = 0; given === undefined && steps < 20; steps++) {
          await advance(50)
          for (const answer of answers.splice(0)) answer()
          await settle()
        }
        all.push(given ?? expect.fail('no answer at all'))
      }
      // The first one may have had to refresh, and told the others.
      await settle()
      const agreed = await Promise.all(tabs.map(({ login }) => login.credential({ refresh: false })))
      expect(new Set(agreed).size).toBe(1)
      expect(all.at(-1)).toBe(agreed[0])
    }),
    { numRuns: 300 },
  )
})
