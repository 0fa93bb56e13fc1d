import { freePort, returnPort } from '../../../scripts/lib/servers/free-port.mjs'
import { startProcess } from '../../../scripts/lib/servers/server-process.mjs'
import type { CleanupList } from '../../../test/cleanups.js'
import { descendantsOf } from '../processes.js'
import type { Profile, RealBrowser, Tab } from '../real-browser.js'
import { until } from '../until.js'
import { type DriverSession, WebDriver } from './web-driver.js'

/** Where Debian has it, which keeps libraries of several kinds of machines apart. */
const MACHINE = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
const MINI_BROWSER = `/usr/lib/${MACHINE}/webkit2gtk-4.1/MiniBrowser`
/** Longer than any test waits. */
const SCRIPT_MS = 60_000

/** Starts WebKitGTK on a screen of its own. Its driver has one browser at a time, and so all profiles are one. */
export async function startWebKit(cleanUp: CleanupList): Promise<RealBrowser> {
  const screen = await startProcess(
    process.env.XVFB_PATH ?? '/usr/bin/Xvfb',
    ['-displayfd', '1', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'],
    { cwd: '/', remedy: 'Install xvfb, or set XVFB_PATH to where Xvfb is.' },
  )
  cleanUp(() => screen.end())
  const display = await until('a screen', () => /^(\d+)$/m.exec(screen.log)?.[1])

  const port = await freePort()
  cleanUp(() => returnPort(port))
  const driver = await startProcess(
    process.env.WEBKIT_DRIVER_PATH ?? '/usr/bin/WebKitWebDriver',
    [`--port=${port}`, '--host=127.0.0.1'],
    {
      cwd: '/',
      // Its sandbox asks for rights that root in a container has not.
      env: { ...process.env, DISPLAY: `:${display}`, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' },
      remedy: 'Install webkit2gtk-driver, or set WEBKIT_DRIVER_PATH to where WebKitWebDriver is.',
    },
  )
  cleanUp(() => driver.end())
  const web = new WebDriver(port)
  await until('the driver to be ready', async () => (await web.isReady()) || undefined)
  const binary = process.env.MINI_BROWSER_PATH ?? MINI_BROWSER
  const session = await web.newSession({
    browserName: 'MiniBrowser',
    'webkitgtk:browserOptions': { binary, args: ['--automation'] },
  })
  cleanUp(() => session.end())
  await session.allowScripts(SCRIPT_MS)
  return {
    profile: async () => new WebKitProfile(session),
    processes: () => descendantsOf(driver.pid),
  }
}

class WebKitProfile implements Profile {
  readonly #session: DriverSession
  readonly #windows: string[] = []

  constructor(session: DriverSession) {
    this.#session = session
  }

  async open(url: string): Promise<Tab> {
    const handle = await this.#session.newWindow()
    this.#windows.push(handle)
    await this.#session.goto(handle, url)
    return new WebKitTab(this.#session, handle)
  }

  async close(): Promise<void> {
    for (const handle of this.#windows) await this.#session.closeWindow(handle)
  }
}

class WebKitTab implements Tab {
  readonly #session: DriverSession
  readonly #handle: string

  constructor(session: DriverSession, handle: string) {
    this.#session = session
    this.#handle = handle
  }

  async run(expression: string): Promise<unknown> {
    const answer = await this.#session.execute(
      this.#handle,
      `const tell = arguments[arguments.length - 1]
       const run = async () => (${expression})
       run().then((value) => tell({ value }), (error) => tell({ error: String(error) }))`,
    )
    if (typeof answer === 'object' && answer !== null && 'value' in answer) return answer.value
    throw new Error(`The page said: ${JSON.stringify(answer)}`)
  }

  async goto(url: string): Promise<void> {
    await this.#session.goto(this.#handle, url)
  }
}
