import type { Browser, BrowserContext, Page } from 'playwright'
import { descendantsOf } from './processes.js'
import type { Profile, RealBrowser, Tab } from './real-browser.js'

/** A tab with all that playwright can do with it. */
export class PlaywrightTab implements Tab {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  run(expression: string): Promise<unknown> {
    return this.page.evaluate(expression)
  }

  async goto(url: string): Promise<void> {
    await this.page.goto(url)
  }

  /** Opens a tab in front of this one, which is hidden until that one is closed. */
  async cover(url: string): Promise<Page> {
    const opened = this.page.context().waitForEvent('page')
    await this.page.evaluate((address) => {
      window.open(address, '_blank')
    }, url)
    return await opened
  }
}

/** A profile with all that playwright can do with it. */
export class PlaywrightProfile implements Profile {
  readonly #context: BrowserContext
  readonly #close: () => Promise<void>

  constructor(context: BrowserContext, close: () => Promise<void> = () => context.close()) {
    this.#context = context
    this.#close = close
  }

  async open(url: string): Promise<PlaywrightTab> {
    const page = await this.#context.newPage()
    await page.goto(url)
    return new PlaywrightTab(page)
  }

  close(): Promise<void> {
    return this.#close()
  }
}

/** A browser that playwright speaks with. */
export class PlaywrightBrowser implements RealBrowser {
  readonly browser: Browser
  readonly #pid: number
  readonly #own: BrowserContext | undefined

  /** Takes also the profile that the browser has by itself, if playwright leaves that alone. */
  constructor(browser: Browser, pid: number, own?: BrowserContext) {
    this.browser = browser
    this.#pid = pid
    this.#own = own
  }

  async profile(): Promise<PlaywrightProfile> {
    return new PlaywrightProfile(await this.browser.newContext())
  }

  /** A profile whose tabs are hidden when another is in front of them; for one test at a time. */
  async window(): Promise<PlaywrightProfile> {
    const own = this.#own
    if (own === undefined) return await this.profile()
    return new PlaywrightProfile(own, async () => {
      for (const page of own.pages()) await page.close()
    })
  }

  processes(): readonly number[] {
    return [this.#pid, ...descendantsOf(this.#pid)]
  }
}
