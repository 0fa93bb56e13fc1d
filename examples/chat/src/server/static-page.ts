import { createHash } from 'node:crypto'
import { promises as fs } from 'node:fs'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import path from 'node:path'

/**
 * What the page may do: load scripts, styles and pictures of its own origin and talk to it, nothing else. No
 * inline script or style, no form that navigates (a login form without its script would put the password into
 * the address), no frame around it.
 */
export const CONTENT_SECURITY_POLICY: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
}

const PAGE_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
}

interface Asset {
  readonly bytes: Buffer
  readonly headers: Readonly<Record<string, string>>
  readonly etag: string
}

/**
 * Reads a built page into memory and gives what serves it. No path of a request ever reaches the file system.
 *
 * Without a built page it says how to build one.
 */
export async function staticPage(folder: string): Promise<RequestListener> {
  const assets = new Map<string, Asset>()
  for (const file of await filesBelow(folder)) {
    const type = TYPES[path.extname(file)]
    if (type === undefined) continue
    const bytes = await fs.readFile(path.join(folder, ...file.split('/')))
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
    // The build puts a hash of the content into the names of what lies in `assets`.
    const cache = file.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
    const headers = { ...PAGE_HEADERS, 'content-type': type, 'cache-control': cache, etag }
    assets.set(file === 'index.html' ? '/' : `/${file}`, { bytes, headers, etag })
  }
  return (request, response) => serve(assets, request, response)
}

/** Headers for every answer of the server, whoever gives it. */
export function setCommonHeaders(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('x-frame-options', 'DENY')
  // A client without TLS may claim this too; browsers ignore the header then (RFC 6797, 8.1).
  const secure = 'encrypted' in request.socket || request.headers['x-forwarded-proto'] === 'https'
  if (secure) response.setHeader('strict-transport-security', 'max-age=31536000; includeSubDomains')
}

function serve(assets: ReadonlyMap<string, Asset>, request: IncomingMessage, response: ServerResponse): void {
  const target = (request.url ?? '/').split('?', 1)[0] ?? '/'
  const asset = assets.get(target)
  request.resume()
  if (asset === undefined) {
    const missing = target === '/'
    const text = missing ? 'The page is not built. npm start builds it.\n' : 'There is nothing here.\n'
    plain(response, missing ? 503 : 404, text, request.method)
    return
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    plain(response, 405, 'This takes GET and HEAD.\n', request.method)
    return
  }
  const known = (request.headers['if-none-match'] ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
  if (known.includes(asset.etag)) {
    response.writeHead(304, asset.headers).end()
    return
  }
  response.writeHead(200, { ...asset.headers, 'content-length': asset.bytes.length })
  response.end(request.method === 'HEAD' ? undefined : asset.bytes)
}

function plain(response: ServerResponse, status: number, text: string, method: string | undefined): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(text),
  })
  response.end(method === 'HEAD' ? undefined : text)
}

async function filesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'),
      )
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
