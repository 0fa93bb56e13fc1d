import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listen, portOf } from '../../test/helpers.js'
import { CONTENT_SECURITY_POLICY, setCommonHeaders, staticPage } from './static-page.js'

let folder: string
let server: Server
let base: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'page-'))
  await mkdir(path.join(folder, 'page', 'assets'), { recursive: true })
  await writeFile(path.join(folder, 'secret.txt'), 'secret')
  await writeFile(path.join(folder, 'page', 'index.html'), '<!doctype html><title>chat</title>')
  await writeFile(path.join(folder, 'page', 'assets', 'index-abc123.js'), 'export {}')
  await writeFile(path.join(folder, 'page', 'assets', 'index-abc123.js.map'), '{}')
  const page = await staticPage(path.join(folder, 'page'))
  server = createServer((request, response) => {
    setCommonHeaders(request, response)
    page(request, response)
  })
  base = `http://127.0.0.1:${await listen(server)}`
})

afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true })
})

/** A request whose path no client library tidies up. */
function raw(target: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpRequest({ port: portOf(server), host: '127.0.0.1', path: target }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

describe('the page', () => {
  it('comes with a strict policy and frame protection', async () => {
    const response = await fetch(`${base}/?x=1`)
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('<title>chat</title>')
    const { headers } = response
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('content-security-policy')).toBe(CONTENT_SECURITY_POLICY)
    expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe|\*/)
    for (const rule of [
      "default-src 'none'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
    ]) {
      expect(CONTENT_SECURITY_POLICY).toContain(rule)
    }
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cache-control')).toBe('no-cache')
  })

  it('promises TLS only behind TLS', async () => {
    expect((await fetch(base)).headers.get('strict-transport-security')).toBeNull()
    const behind = await fetch(base, { headers: { 'x-forwarded-proto': 'https' } })
    expect(behind.headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains')
  })

  it('lets what has a hash in its name be kept', async () => {
    const response = await fetch(`${base}/assets/index-abc123.js`)
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  })

  it('is not sent again to who has it', async () => {
    const etag = (await fetch(base)).headers.get('etag') ?? ''
    for (const tag of [etag, `"other", W/${etag}`]) {
      const again = await fetch(base, { headers: { 'if-none-match': tag } })
      expect([again.status, await again.text()]).toEqual([304, ''])
    }
    expect((await fetch(base, { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
  })

  it('answers HEAD without a body and refuses what changes things', async () => {
    const head = await fetch(base, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '34', ''])
    const post = await fetch(base, { method: 'POST', body: 'x' })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    expect((await fetch(`${base}/nowhere`, { method: 'HEAD' })).status).toBe(404)
  })

  it('gives nothing but what was built for it', async () => {
    const targets = [
      '/secret.txt',
      '/../secret.txt',
      '/assets/../../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '//secret.txt',
      '/assets',
      '/assets/',
      '/index.html',
      '/assets/index-abc123.js.map',
      '/\\..\\secret.txt',
      '/constructor',
    ]
    for (const target of targets) expect([target, await raw(target)]).toEqual([target, 404])
  })
})

it('says how to build a page that is missing', async () => {
  const page = await staticPage(path.join(folder, 'nothing'))
  const bare = createServer(page)
  const response = await fetch(`http://127.0.0.1:${await listen(bare)}/`)
  expect(response.status).toBe(503)
  expect(await response.text()).toContain('npm start')
  bare.closeAllConnections()
  bare.close()
})

it('fails on a folder that is none', async () => {
  await expect(staticPage(path.join(folder, 'secret.txt'))).rejects.toThrow('ENOTDIR')
})
