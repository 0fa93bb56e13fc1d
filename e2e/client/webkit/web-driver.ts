/** The part of WebDriver (W3C) that is used, over plain HTTP. */
export class WebDriver {
  readonly #base: string

  constructor(port: number) {
    this.#base = `http://127.0.0.1:${port}`
  }

  /** Whether it takes sessions. */
  async isReady(): Promise<boolean> {
    try {
      const status = await this.#ask('GET', '/status')
      return typeof status === 'object' && status !== null && 'ready' in status && status.ready === true
    } catch {
      return false
    }
  }

  /** Starts a browser. */
  async newSession(capabilities: object): Promise<DriverSession> {
    const answer = await this.#ask('POST', '/session', { capabilities: { alwaysMatch: capabilities } })
    const id = textOf(answer, 'sessionId')
    const ask: Ask = (method, path, body) => this.#ask(method, `/session/${id}${path}`, body)
    return new DriverSession(ask, String(await ask('GET', '/window')))
  }

  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(this.#base + path, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const { value } = (await answer.json()) as { value: unknown }
    if (answer.ok) return value
    const why = `${textOf(value, 'error')}: ${textOf(value, 'message')}`
    throw new Error(`WebDriver: ${method} ${path.replace(/\/session\/[^/]+/, '')} failed: ${why}`)
  }
}

function textOf(answer: unknown, name: string): string {
  return typeof answer === 'object' && answer !== null ? String(Reflect.get(answer, name)) : ''
}

type Ask = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<unknown>

/** A browser that was started. */
export class DriverSession {
  readonly #ask: Ask
  readonly #firstWindow: string
  // What is said goes to the window that was chosen last, so each takes its turn with both commands.
  #turn: Promise<unknown> = Promise.resolve()

  constructor(ask: Ask, firstWindow: string) {
    this.#ask = ask
    this.#firstWindow = firstWindow
  }

  async newWindow(): Promise<string> {
    // Asked for by one that nobody closes.
    const made = await this.#in(this.#firstWindow, () => this.#ask('POST', '/window/new', { type: 'tab' }))
    return textOf(made, 'handle')
  }

  closeWindow(window: string): Promise<unknown> {
    return this.#in(window, () => this.#ask('DELETE', '/window'))
  }

  async allowScripts(ms: number): Promise<void> {
    await this.#ask('POST', '/timeouts', { script: ms })
  }

  goto(window: string, url: string): Promise<unknown> {
    return this.#in(window, () => this.#ask('POST', '/url', { url }))
  }

  /** Runs a script that calls its last argument back with what becomes of it. */
  execute(window: string, script: string): Promise<unknown> {
    return this.#in(window, () => this.#ask('POST', '/execute/async', { script, args: [] }))
  }

  end(): Promise<unknown> {
    return this.#ask('DELETE', '')
  }

  #in(handle: string, act: () => Promise<unknown>): Promise<unknown> {
    const turn = this.#turn.then(async () => {
      await this.#ask('POST', '/window', { handle })
      return await act()
    })
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}
