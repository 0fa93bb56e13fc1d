import { expect, it } from 'vitest'
import { launchChromium, launchFirefox } from '../test/browsers.js'

it.each([
  ['Chromium', launchChromium],
  ['Firefox', launchFirefox],
])('starts %s, which runs a page', { timeout: 60_000 }, async (_name, launch) => {
  const page = await (await launch()).newPage()
  expect(await page.evaluate(() => `${typeof WebSocket} ${6 * 7}`)).toBe('function 42')
})
