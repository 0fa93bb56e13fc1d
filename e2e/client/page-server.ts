import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { SignJWT } from 'jose'
import type { CleanupList } from '../../test/cleanups.js'
import { listen } from '../../test/listen.js'

/** Who signs the tokens, and whom they are for. */
export const ISSUER = 'https://id.example'
export const AUDIENCE = 'rig'

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>Rig</title>
<script type="module" src="/page.js"></script></html>`
const ELSEWHERE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Elsewhere</title></html>'

/** What serves the page: its script, and the tokens of whoever signs in there. */
export interface PageServer {
  /** `http://127.0.0.1:<port>`, the origin of the page. */
  readonly origin: string
  /** What signs the tokens. */
  readonly secret: string
  /** Tokens that were given so far. */
  readonly tokens: () => number
}

/** Serves a page on a free port, and ends it afterwards. */
export async function aPageServer(
  cleanUp: CleanupList,
  scripts: Readonly<Record<string, string>>,
): Promise<PageServer> {
  const secret = randomBytes(32).toString('base64url')
  let tokens = 0
  const files: Record<string, [type: string, body: string]> = {
    '/': ['text/html', PAGE],
    '/elsewhere': ['text/html', ELSEWHERE],
    ...Object.fromEntries(Object.entries(scripts).map(([path, code]) => [path, ['text/javascript', code]])),
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://page.example')
    if (pathname === '/token' && request.method === 'POST') {
      tokens += 1
      const token = await sign(secret, searchParams)
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
  return { origin: http, secret, tokens: () => tokens }
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
