import { createServer } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PATHS, REFUSALS } from '@wsticket/protocol'
import { SignJWT } from 'jose'
import type { Browser, Page } from 'playwright'
import { describe, expect, it } from 'vitest'
import { launchChromium } from '../../../../test/browsers.js'
import { afterAllTests } from '../../../../test/cleanups.js'
import { listen } from '../../../../test/listen.js'
import { temporaryFolder } from '../../../../test/temporary-folder.js'
import { jwt } from '../identity/jwt.js'
import { memoryStore } from '../stores/memory.js'
import { createWsticket } from '../wsticket.js'
import { apiDocs } from './api-docs.js'
import { serverLimits, ticketRoutes } from './node-http.js'
import { findSwaggerUi } from './swagger-ui.js'

const SECRET = 'a secret of the tests, thirty-two bytes or more'

function token(): Promise<string> {
  return new SignJWT({ sid: 'login-1' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('https://id.example.com')
    .setAudience('chat')
    .setSubject('ada')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(SECRET))
}

const refusals: unknown[] = []

async function serve(refusalsUrl?: string): Promise<string> {
  // The page's origin is not known before its server has a port.
  const server = createServer(serverLimits)
  const { http } = await listen(server)
  const wsticket = createWsticket({
    store: memoryStore(),
    authenticate: jwt({ issuer: 'https://id.example.com', audience: 'chat', secret: SECRET }),
    origins: [http],
    publicUrl: 'wss://api.example.com/ws',
    refusalsUrl,
  })
  server.on('request', ticketRoutes(wsticket, { also: [apiDocs(wsticket)] }))
  wsticket.events.on('request.refused', (event) => refusals.push(event))
  return http
}

describe('apiDocs', () => {
  it.each([
    ['/docs', 'text/html; charset=utf-8', 'no-cache'],
    ['/docs/refusals', 'text/html; charset=utf-8', 'no-cache'],
    ['/docs/docs.css', 'text/css; charset=utf-8', 'no-cache'],
    ['/docs/docs.js', 'text/javascript; charset=utf-8', 'no-cache'],
    ['/docs/swagger-ui.css?v=5', 'text/css; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/docs/swagger-ui-bundle.js', 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/docs/icon.svg', 'image/svg+xml', 'no-cache'],
  ])('serves %s', async (path, type, cache) => {
    const answer = await fetch((await serve()) + path)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe(type)
    expect(answer.headers.get('cache-control')).toBe(cache)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'")
    expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(100)
  })

  it.each([
    '/docs/package.json',
    '/docs/index.html',
    '/docs/swagger-ui-bundle.js.map',
    '/docs/..%2fpackage.json',
    '/docs/__proto__',
    '/docs/toString',
    '/docsx',
    '//docs',
  ])('leaves %s to others', async (path) => {
    expect((await fetch((await serve()) + path)).status).toBe(404)
  })

  it('leads a slash too many to the page', async () => {
    const answer = await fetch(`${await serve()}/docs/`, { redirect: 'manual' })
    expect(answer.status).toBe(308)
    expect(answer.headers.get('location')).toBe('/docs')
  })

  it('can only be read', async () => {
    const url = await serve()
    refusals.length = 0
    const posted = await fetch(`${url}/docs`, { method: 'POST' })
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    expect(refusals).toMatchObject([
      {
        code: 'request_invalid',
        operation: 'docs',
        reason: 'the method must be one of: GET, HEAD',
        address: '127.0.0.1',
      },
    ])
    const head = await fetch(`${url}/docs`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })

  it('has no script and no style within its pages', async () => {
    const url = await serve()
    for (const path of ['/docs', '/docs/refusals']) {
      const html = await (await fetch(url + path)).text()
      expect(html).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>|<style|\son\w+=|\sstyle=/i)
      expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
    }
  })

  it('explains every refusal under its own anchor, where problems point', async () => {
    const url = await serve()
    const html = await (await fetch(`${url}/docs/refusals`)).text()
    for (const [code, { title, close = '—' }] of Object.entries(REFUSALS)) {
      const row = new RegExp(`<tr id="${code}">.*</tr>`).exec(html)?.[0]
      expect(row, code).toContain(`>${title}</td>`)
      expect(row, code).toContain(`data-label="Close">${close}</td>`)
    }
    const problem = (await (await fetch(url + PATHS.ticket, { method: 'POST' })).json()) as { type: string }
    const at = new URL(problem.type, url)
    expect(at.pathname).toBe('/docs/refusals')
    expect(html).toContain(`id="${at.hash.slice(1)}"`)
  })

  it('links to where the problems point, escaped', async () => {
    const html = await (await fetch(`${await serve('https://help.example.com/?a=1&b="2"')}/docs`)).text()
    expect(html).toContain('href="https://help.example.com/?a=1&amp;b=&quot;2&quot;"')
  })

  it('works without a wsticket', async () => {
    const { http } = await listen(createServer())
    const handle = apiDocs()
    const request = { method: 'GET', headers: () => [], peer: '', secure: false, readBody: async () => '' }
    expect((await handle({ ...request, target: '/docs' }))?.body).toContain('href="/docs/refusals"')
    expect(await handle({ ...request, target: `${http}/docs` })).toBeUndefined()
  })
})

describe('findSwaggerUi', () => {
  it('says what to install where swagger-ui-dist is missing', async () => {
    const folder = await temporaryFolder()
    const find = (): unknown => findSwaggerUi(pathToFileURL(join(folder, 'module.js')))
    expect(find).toThrow(TypeError)
    expect(find).toThrow(/npm install swagger-ui-dist@5/)
  })

  it('says so, too, where another swagger-ui-dist lacks the files', async () => {
    const folder = await temporaryFolder({
      'node_modules/swagger-ui-dist/package.json': '{"name":"swagger-ui-dist","version":"2.0.0"}',
    })
    expect(() => findSwaggerUi(pathToFileURL(join(folder, 'module.js')))).toThrow(
      /npm install swagger-ui-dist@5/,
    )
  })
})

// A browser takes its time to start on a busy machine.
describe('the page, in Chromium', { timeout: 30_000 }, () => {
  const cleanUp = afterAllTests()
  let browser: Promise<Browser> | undefined

  async function open(url: string): Promise<{ readonly page: Page; readonly complaints: string[] }> {
    browser ??= launchChromium(cleanUp)
    const page = await (await browser).newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith('data:'))
        complaints.push(`asked for ${request.url()}`)
    })
    await page.goto(url)
    return { page, complaints }
  }

  it('issues a ticket when one tries it with a token, and breaks no rule of its policy', async () => {
    const { page, complaints } = await open(`${await serve()}/docs`)
    await page.getByRole('button', { name: 'Authorize' }).click()
    await page.getByLabel('Value').fill(await token())
    await page.getByRole('button', { name: 'Apply credentials' }).click()
    await page.getByRole('button', { name: 'Close' }).first().click()
    await page.locator('#operations-Tickets-ticket .opblock-summary').click()
    await page.locator('#operations-Tickets-ticket').getByRole('button', { name: 'Execute' }).click()
    const live = page.locator('#operations-Tickets-ticket .live-responses-table')
    await live.locator('.response-col_status', { hasText: '201' }).waitFor()
    expect(await live.textContent()).toContain('wst1_')
    expect(complaints).toEqual([])
  })

  it('shows the refusals without any script', async () => {
    const { page, complaints } = await open(`${await serve()}/docs/refusals#ticket_used`)
    expect(await page.locator('tr:target').textContent()).toContain('This ticket was used already')
    expect(complaints).toEqual([])
  })
})
