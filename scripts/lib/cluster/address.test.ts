import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { listen } from '../../../test/listen.js'
import { addressComplaint, originsOf, readAddress, shownAddress, takeAddress } from './address.mjs'

describe('readAddress', () => {
  it('is this machine, port 8080, unless it is told otherwise', () => {
    expect(readAddress({})).toEqual({ host: '127.0.0.1', port: 8080 })
    expect(readAddress({ PORT: ' ', HOST: '' })).toEqual({ host: '127.0.0.1', port: 8080 })
    expect(readAddress({ PORT: '0', HOST: '::1' })).toEqual({ host: '::1', port: 0 })
  })

  it.each(['8080.5', '-1', '65536', 'http', '8080\nx'])('takes no port %o', (port) => {
    expect(() => readAddress({ PORT: port })).toThrow(/^wsticket: PORT is ".*"; it must be .* Example: 8080$/)
  })

  it.each(['localhost:80', 'a b', 'x\nbind *:1', '"', '#'])('takes no host %o', (host) => {
    expect(() => readAddress({ HOST: host })).toThrow(/^wsticket: HOST is ".*"; it must be/s)
  })
})

describe('takeAddress', () => {
  it('finds a free port for port 0', async () => {
    const { port } = await takeAddress({ host: '127.0.0.1', port: 0 })
    expect(port).toBeGreaterThan(0)
  })

  it('says so when the port is taken, before anything is started', async () => {
    const { port } = await listen(createServer())
    await expect(takeAddress({ host: '127.0.0.1', port })).rejects.toThrow(
      `wsticket: port ${port} on 127.0.0.1 is taken by another program. Choose another one, for example PORT=${port + 1}, or PORT=0 for any free one.`,
    )
  })

  it('says so when the host is not of this machine', async () => {
    await expect(takeAddress({ host: '203.0.113.7', port: 0 })).rejects.toThrow(
      'HOST is "203.0.113.7", which is no address of this machine',
    )
  })
})

describe('addressComplaint', () => {
  it('knows what a plain user may not, and where the ports end', () => {
    expect(addressComplaint('EACCES', { host: '::', port: 80 })).toMatch(/may not be used by this user/)
    expect(addressComplaint('EADDRINUSE', { host: '::', port: 65_535 })).toContain('PORT=8080')
    expect(addressComplaint('ENOENT', { host: '::', port: 80 })).toBeUndefined()
  })
})

describe('originsOf', () => {
  it("is this machine's own, or what was chosen", () => {
    const address = { host: '0.0.0.0', port: 80 }
    expect(originsOf(address, {})).toEqual(['http://localhost', 'http://127.0.0.1'])
    expect(originsOf(address, { ALLOWED_ORIGINS: 'https://a.example, https://b.example' })).toEqual([
      'https://a.example',
      'https://b.example',
    ])
  })
})

describe('shownAddress', () => {
  it('is what people type into a browser', () => {
    expect(shownAddress({ host: '0.0.0.0', port: 8080 })).toBe('http://localhost:8080')
    expect(shownAddress({ host: 'fd00::1', port: 8080 })).toBe('http://[fd00::1]:8080')
    expect(shownAddress({ host: 'demo.local', port: 1 })).toBe('http://demo.local:1')
  })
})
