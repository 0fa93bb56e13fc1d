import { startChromium } from './chromium.js'
import { startFirefox } from './firefox.js'

/** The browsers of `npm test`, each with how it is started. */
export const BROWSERS = [
  ['Chromium', startChromium],
  ['Firefox', startFirefox],
] as const
