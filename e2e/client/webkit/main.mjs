/** `npm run test:webkit`: the scenarios of `npm test` in WebKitGTK, about a minute. */
import { SERVERS } from '../../../scripts/lib/system-packages.mjs'
import { runVitest } from '../run-vitest.mjs'

const WEBKIT = [
  { variable: 'WEBKIT_DRIVER_PATH', path: '/usr/bin/WebKitWebDriver', debian: 'webkit2gtk-driver' },
  { variable: 'XVFB_PATH', path: '/usr/bin/Xvfb', debian: 'xvfb' },
]
const redis = SERVERS.filter(({ debian }) => debian.startsWith('redis'))

await runVitest('e2e/client/webkit/webkit.config.ts', {
  programs: [...WEBKIT, ...redis],
  who: '`npm run test:webkit` needs',
})
