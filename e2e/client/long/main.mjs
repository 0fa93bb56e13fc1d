/** `npm run test:browsers:long`: hidden tabs and connections that are held back, as long as browsers really take, about 10 minutes. */
import { BROWSERS } from '../../../scripts/lib/system-packages.mjs'
import { runVitest } from '../run-vitest.mjs'

await runVitest('e2e/client/long/long.config.ts', {
  programs: BROWSERS,
  who: '`npm run test:browsers:long` needs',
})
