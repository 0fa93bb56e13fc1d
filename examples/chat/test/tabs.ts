import { onTestFinished } from 'vitest'
import type { AuthClientOptions } from '../page/src/auth/auth-client.js'
import { memoryStorage, tokenShelf } from '../page/src/auth/token-shelf.js'

let windows = 0

/** What the tabs of one browser window have in common: a channel that nobody else hears, and a storage. */
export function aWindow(): () => Required<Pick<AuthClientOptions, 'tabs' | 'shelf'>> {
  const window = `window ${windows++}`
  const storage = memoryStorage()
  return () => ({
    shelf: tokenShelf(storage),
    tabs: {
      openChannel: (name) => {
        const channel = new BroadcastChannel(`${window} ${name}`)
        onTestFinished(() => channel.close())
        return {
          postMessage: (message) => channel.postMessage(message),
          addEventListener: (_type, listener) => {
            channel.onmessage = ({ data }) => listener({ data })
          },
          close: () => channel.close(),
        }
      },
    },
  })
}

/** A JWT of somebody, unsigned: nothing in a page verifies one. */
export function aJwt(user: string, n = 1): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const { iat, exp } = { iat: 1_800_000_000, exp: 1_800_000_900 }
  return [part({ alg: 'none' }), part({ iss: 'id', sub: user, iat, exp, n }), 'x'].join('.')
}
