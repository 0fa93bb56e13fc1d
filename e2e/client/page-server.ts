import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { SignJWT } from 'jose'
import type { CleanupList } from '../../test/cleanups.js'
import { listen } from '../../test/listen.js'

/** Who signs the tokens, and whom they are for. */
export const ISSUER = 'https://id.example'
export const AUDIENCE = 'rig'

const TOKEN_MS = 100

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>Rig</title>
<script type="module" src="/page.js"></script></html>`
const ELSEWHERE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Elsewhere</title></html>'

/** Refresh tokens that are used up by each refresh leave only one of two that come at once logged in. */
export interface TokenCounts {
  given: number
  /** Requests that are being answered now, and the most there were at once. */
  asking: number
  atOnce: number
}

/** What serves the page: its script, and the tokens of whoever signs in there. */
export interface PageServer {
  /** `http://127.0.0.1:<port>`, the origin of the page. */
  readonly origin: string
  /** What signs the tokens. */
  readonly secret: string
  /** How a login's tokens were asked for so far. */
  readonly tokensOf: (login: string) => TokenCounts
}

/** Serves a page on a free port, and ends it afterwards. */
export async function aPageServer(
  cleanUp: CleanupList,
  scripts: Readonly<Record<string, string>>,
): Promise<PageServer> {
  const secret = randomBytes(32).toString('base64url')
  const counts = new Map<string, TokenCounts>()
  const tokensOf = (login: string): TokenCounts => {
    const known = counts.get(login) ?? { given: 0, asking: 0, atOnce: 0 }
    counts.set(login, known)
    return known
  }
  const files: Record<string, [type: string, body: string]> = {
    '/': ['text/html', PAGE],
    '/elsewhere': ['text/html', ELSEWHERE],
    ...Object.fromEntries(Object.entries(scripts).map(([path, code]) => [path, ['text/javascript', code]])),
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://page.example')
    if (pathname === '/token' && request.method === 'POST') {
      const tokens = tokensOf(searchParams.get('login') ?? '')
      tokens.asking += 1
      tokens.atOnce = Math.max(tokens.atOnce, tokens.asking)
      // As an auth service far away does, so that those who do not wait for each other are seen together.
      await sleep(TOKEN_MS)
      const token = await sign(secret, searchParams)
      tokens.asking -= 1
      tokens.given += 1
      response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-store' }).end(token)
      return
    }
    const [type, body] = files[pathname] ?? []
    if (type === undefined) response.writeHead(404).end()
    // No `no-store`: it would keep the page out of the back/forward cache.
    else response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body)
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(Error(String(error))))
  })
  const { http } = await listen(server, cleanUp)
  return { origin: http, secret, tokensOf }
}

async function sign(secret: string, wishes: URLSearchParams): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return await new SignJWT({ permissions: [], sid: wishes.get('login') ?? undefined })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(wishes.get('user') ?? 'nobody')
    .setIssuedAt(now)
    .setExpirationTime(now + Number(wishes.get('life')))
    .sign(new TextEncoder().encode(secret))
}
