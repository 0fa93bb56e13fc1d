import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright'
import { startProcess } from '../../scripts/lib/servers/server-process.mjs'
import type { CleanupList } from '../../test/cleanups.js'
import { PlaywrightBrowser } from './playwright-browser.js'
import { until } from './until.js'

/** No sandbox, as root has none, and nothing that calls home; all else is as its users have it. */
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--remote-debugging-port=0',
]

/**
 * Starts the system's Chromium, or the one at `CHROMIUM_PATH`, without what playwright would switch off: the back/forward
 * cache, and the throttling of hidden tabs.
 */
export async function startChromium(
  cleanUp: CleanupList,
  args: readonly string[] = [],
): Promise<PlaywrightBrowser> {
  const folder = await mkdtemp(join(tmpdir(), 'wsticket-chromium-'))
  cleanUp(() => rm(folder, { recursive: true, force: true }))
  const program = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
  const chromiumProcess = await startProcess(program, [...ARGS, `--user-data-dir=${folder}`, ...args], {
    cwd: folder,
    remedy: 'Install chromium, or set CHROMIUM_PATH to where it is.',
  })
  cleanUp(() => chromiumProcess.end())
  const endpoint = await until('Chromium to be ready', () => {
    if (!chromiumProcess.running)
      throw new Error(`Chromium ended instead of starting:\n${chromiumProcess.log}`)
    return /^DevTools listening on (ws:\S+)/m.exec(chromiumProcess.log)?.[1]
  })
  // By playwright's defaults every tab believes to be in front, and so none is ever hidden.
  const browser = await chromium.connectOverCDP(endpoint, { noDefaults: true })
  cleanUp(() => browser.close())
  return new PlaywrightBrowser(browser, chromiumProcess.pid, browser.contexts()[0])
}
