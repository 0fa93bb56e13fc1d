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
    return new DriverSession((method, path, body) => this.#ask(method, `/session/${id}${path}`, body))
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
    const [error, message] = ['error', 'message'].map((name) => String(Reflect.get(Object(value), name)))
    throw new Error(
      `WebDriver: ${method} ${path.replace(/\/session\/[^/]+/, '')} failed: ${error}: ${message}`,
    )
  }
}

function textOf(answer: unknown, name: string): string {
  return typeof answer === 'object' && answer !== null ? String(Reflect.get(answer, name)) : ''
}

type Ask = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<unknown>

/** A browser that was started, with one window at first. */
export class DriverSession {
  readonly #ask: Ask
  // What is said goes to the window in front, so each takes its turn with two commands.
  #turn: Promise<unknown> = Promise.resolve()

  constructor(ask: Ask) {
    this.#ask = ask
  }

  async window(): Promise<string> {
    return String(await this.#ask('GET', '/window'))
  }

  async newWindow(): Promise<string> {
    const made = await this.#ask('POST', '/window/new', { type: 'tab' })
    return textOf(made, 'handle')
  }

  async allowScripts(ms: number): Promise<void> {
    await this.#ask('POST', '/timeouts', { script: ms })
  }

  goto(window: string, url: string): Promise<unknown> {
    return this.#inTurn(window, '/url', { url })
  }

  /** Runs a script that calls its last argument back with what becomes of it. */
  execute(window: string, script: string): Promise<unknown> {
    return this.#inTurn(window, '/execute/async', { script, args: [] })
  }

  end(): Promise<unknown> {
    return this.#ask('DELETE', '')
  }

  #inTurn(handle: string, path: string, body: object): Promise<unknown> {
    const turn = this.#turn.then(async () => {
      await this.#ask('POST', '/window', { handle })
      return await this.#ask('POST', path, body)
    })
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}
