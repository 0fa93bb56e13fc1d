import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { CleanupList } from '../../test/cleanups.js'
import { listen } from '../../test/listen.js'

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>Tab</title>
<script type="module" src="/page.js"></script></html>`

/** An auth service as many are: each refresh token is good once, and one that is used again ends the whole login. */
export interface AuthServer {
  readonly origin: string
  readonly refreshes: number
  /** Refresh tokens that were presented again. */
  readonly reused: number
  /** Starts anew, with nobody logged in. */
  reset(): void
  /** Lets no refresh be answered until what it returns is called. */
  hold(): () => void
}

/** Serves the page and its refresh tokens, in a cookie that no script can read. */
export async function startAuthServer(cleanUp: CleanupList, script: string): Promise<AuthServer> {
  let refreshes = 0
  let reused = 0
  let issued = 0
  // What each login would take next.
  const good = new Map<string, string>()
  let held: Promise<void> | undefined

  const cookie = (user: string): string => {
    const token = `${user}.${++issued}`
    good.set(user, token)
    return `refresh=${token}; HttpOnly; SameSite=Strict; Path=/`
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://auth.example')
    if (pathname === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE)
    else if (pathname === '/page.js')
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    else if (pathname === '/login') {
      const user = searchParams.get('user') ?? 'nobody'
      response.writeHead(200, { 'set-cookie': cookie(user) }).end(jwtOf(user, issued))
    } else if (pathname === '/logout') {
      good.clear()
      response.writeHead(204).end()
    } else if (pathname === '/refresh') {
      refreshes++
      const presented = /refresh=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
      const user = presented.split('.')[0] ?? ''
      await held
      if (good.get(user) !== presented) {
        if (good.delete(user)) reused++
        response.writeHead(401).end()
        return
      }
      const headers = { 'set-cookie': cookie(user), 'cache-control': 'no-store' }
      response.writeHead(200, headers).end(jwtOf(user, issued))
    } else response.writeHead(404).end()
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(Error(String(error))))
  })
  const { http } = await listen(server, cleanUp)
  return {
    origin: http,
    get refreshes() {
      return refreshes
    },
    get reused() {
      return reused
    },
    reset() {
      refreshes = reused = 0
      good.clear()
    },
    hold() {
      let open = (): void => {}
      held = new Promise((resolve) => {
        open = resolve
      })
      return () => {
        held = undefined
        open()
      }
    },
  }
}

/** Looks like a JWT; nobody checks its signature here. */
function jwtOf(user: string, number: number): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ iss: 'auth', sub: user, jti: number })}.c2ln`
}
