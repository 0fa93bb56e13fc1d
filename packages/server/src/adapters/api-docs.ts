import type { Refusal } from '@wsticket/protocol'
import { OPENAPI_PATH } from '../http/openapi.js'
import { DEFAULT_REFUSALS_URL, problem } from '../http/problem.js'
import { DOCS_ICON, DOCS_STYLE, escapeHtml, refusalsPage } from '../http/refusals-page.js'
import type { Claims } from '../identity/principal.js'
import type { HttpRequest, HttpResponse } from '../request/message.js'
import { pathOf } from '../request/message.js'
import type { Wsticket } from '../wsticket.js'
import type { RequestHandler } from './node-http.js'
import { findSwaggerUi } from './swagger-ui.js'

const DOCS_PATH = '/docs'
const METHODS = 'GET, HEAD'
const ICON_PATH = `${DOCS_PATH}/icon.svg`

// Only what this server serves may run, load or be asked; Swagger UI carries its icons as data.
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

// Pages are asked for again each time; what they load has its version in its address.
const PAGE_CACHE = 'no-cache'
const ASSET_CACHE = 'public, max-age=31536000, immutable'

/**
 * Serves `/docs`, a page to try the HTTP interface, and `/docs/refusals`, which explains the codes. For `also` of
 * `ticketRoutes`.
 *
 * Needs the optional peer `swagger-ui-dist`; throws a `TypeError` if it is not installed. Everything is served from
 * here: the pages load nothing from elsewhere. With `wsticket`, the link to the codes leads where its problems point.
 *
 * @example
 * const server = createServer(serverLimits, ticketRoutes(wsticket, { also: [apiDocs(wsticket)] }))
 */
export function apiDocs<C extends Claims>(wsticket?: Wsticket<C>): RequestHandler {
  const ui = findSwaggerUi(import.meta.url)
  const refusalsUrl = wsticket?.binding.refusalsUrl ?? DEFAULT_REFUSALS_URL
  const asset = (name: string): string => `${DOCS_PATH}/${name}?v=${ui.version}`
  const pages = new Map<string, readonly [type: string, text: string, cache: string]>([
    [DOCS_PATH, ['text/html; charset=utf-8', docsPage(asset, refusalsUrl), PAGE_CACHE]],
    [
      DEFAULT_REFUSALS_URL,
      [
        'text/html; charset=utf-8',
        refusalsPage({ stylesheet: `${DOCS_PATH}/docs.css`, icon: ICON_PATH, docs: DOCS_PATH }),
        PAGE_CACHE,
      ],
    ],
    [ICON_PATH, ['image/svg+xml', DOCS_ICON, PAGE_CACHE]],
    [`${DOCS_PATH}/docs.css`, ['text/css; charset=utf-8', DOCS_STYLE + SWAGGER_STYLE, PAGE_CACHE]],
    [`${DOCS_PATH}/docs.js`, ['text/javascript; charset=utf-8', INITIALISER, PAGE_CACHE]],
  ])

  const answer = (request: HttpRequest, response: HttpResponse): HttpResponse => {
    if (request.method === 'GET' || request.method === 'HEAD') return response
    const refusal: Refusal = {
      code: 'request_invalid',
      status: 405,
      detail: `the method must be one of: ${METHODS}`,
    }
    const refused =
      wsticket?.binding.refused({ refusal, operation: 'docs', from: request }) ??
      problem(refusal, refusalsUrl)
    return { ...refused, headers: { ...refused.headers, allow: METHODS } }
  }

  return async (request) => {
    const path = pathOf(request.target)
    if (path === undefined) return undefined
    if (path === `${DOCS_PATH}/`) return answer(request, redirect(DOCS_PATH))
    const page = pages.get(path)
    if (page !== undefined) return answer(request, ok(...page))
    if (!path.startsWith(`${DOCS_PATH}/`)) return undefined
    const file = await ui.file(path.slice(DOCS_PATH.length + 1))
    return file === undefined ? undefined : answer(request, ok(file.type, file.bytes, ASSET_CACHE))
  }
}

function ok(type: string, body: string | Uint8Array, cache: string): HttpResponse {
  return {
    status: 200,
    headers: { ...SECURITY_HEADERS, 'content-type': type, 'cache-control': cache },
    body,
  }
}

function redirect(location: string): HttpResponse {
  return { status: 308, headers: { ...SECURITY_HEADERS, location, 'cache-control': PAGE_CACHE }, body: '' }
}

function docsPage(asset: (name: string) => string, refusalsUrl: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>HTTP interface · wsticket</title>
<link rel="icon" type="image/svg+xml" href="${ICON_PATH}">
<link rel="stylesheet" href="${asset('swagger-ui.css')}">
<link rel="stylesheet" href="${DOCS_PATH}/docs.css">
</head>
<body>
<header><a class="brand" href="${DOCS_PATH}">wsticket</a><nav><a href="${escapeHtml(refusalsUrl)}">Refusals</a>
<a href="${OPENAPI_PATH}">openapi.json</a></nav></header>
<div id="swagger-ui"></div>
<noscript><main><p>This page needs JavaScript. The description itself is <a href="${OPENAPI_PATH}">openapi.json</a>.</p></main></noscript>
<script src="${asset('swagger-ui-bundle.js')}"></script>
<script src="${DOCS_PATH}/docs.js"></script>
</body>
</html>
`
}

// Credentials that are typed in stay in the page's memory and are gone with it.
const INITIALISER = `const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()
SwaggerUIBundle({
  url: '${OPENAPI_PATH}',
  dom_id: '#swagger-ui',
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  defaultModelsExpandDepth: 0,
  validatorUrl: 'none',
})
`

const SWAGGER_STYLE = `
header nav { display: flex; gap: 1.25rem; }
.swagger-ui .wrapper { max-width: 68rem; padding: 0 1rem; }
.swagger-ui .scheme-container { background: none; box-shadow: none; padding: 0 0 1rem; }
`
