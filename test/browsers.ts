import { type Browser, chromium, firefox } from 'playwright'
import { afterThisTest, type CleanupList } from './cleanups.js'

/** No sandbox, as root has none, and nothing that calls home. */
const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

/** Starts the system's Chromium, or the one at `CHROMIUM_PATH`. */
export async function launchChromium(cleanUp: CleanupList = afterThisTest): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS })
  cleanUp(() => browser.close())
  return browser
}

/** Starts the system's Firefox, or the one at `FIREFOX_PATH`; playwright's preferences give way to those given here. */
export async function launchFirefox(
  cleanUp: CleanupList = afterThisTest,
  firefoxUserPrefs: Readonly<Record<string, string | number | boolean>> = {},
): Promise<Browser> {
  const executablePath = process.env.FIREFOX_PATH ?? '/usr/bin/firefox-esr'
  // Debian's Firefox knows no Juggler; by this channel playwright speaks WebDriver BiDi with it.
  const browser = await firefox.launch({
    channel: 'moz-firefox',
    executablePath,
    firefoxUserPrefs: { ...firefoxUserPrefs },
  })
  cleanUp(() => browser.close())
  return browser
}
