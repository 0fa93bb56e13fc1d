import { readFileSync } from 'node:fs'
import { launchFirefox } from '../../test/browsers.js'
import type { CleanupList } from '../../test/cleanups.js'
import { PlaywrightBrowser } from './playwright-browser.js'
import { childrenOf } from './processes.js'

/** What playwright switches off for the sake of its tests, and users have. */
const AS_USERS_HAVE_IT = {
  'dom.min_background_timeout_value': 1000,
  'dom.timeout.enable_budget_timer_throttling': true,
  'focusmanager.testmode': false,
  'layout.testing.top-level-always-active': false,
}

/** Starts the system's Firefox, or the one at `FIREFOX_PATH`. One after the other: see below. */
export async function startFirefox(cleanUp: CleanupList): Promise<PlaywrightBrowser> {
  const before = new Set(firefoxesOfOurs())
  const browser = await launchFirefox(cleanUp, AS_USERS_HAVE_IT)
  // Playwright does not tell which process it has started.
  const [pid, ...others] = firefoxesOfOurs().filter((each) => !before.has(each))
  if (pid === undefined || others.length > 0) {
    throw new Error(
      `Of the processes ${[pid, ...others].join(', ')} one should be the Firefox that was started`,
    )
  }
  return new PlaywrightBrowser(browser, pid)
}

function firefoxesOfOurs(): readonly number[] {
  return childrenOf(process.pid).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('playwright_firefoxdev_profile')
    } catch {
      // It ended meanwhile.
      return false
    }
  })
}
