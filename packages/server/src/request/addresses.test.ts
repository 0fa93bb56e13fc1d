import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { headerLines } from '../../test/rig.js'
import { clientAddress, clientAddresses, limitKeyOf, Networks, networkOf } from './addresses.js'

const trusted = new Networks(['10.0.0.0/8', 'fd00::/8', '127.0.0.1'], 'trustedProxies')

function address(peer: string, ...forwarded: readonly string[]): string {
  return clientAddress(headerLines({ 'x-forwarded-for': forwarded }), peer, trusted)
}

describe('clientAddresses', () => {
  it('finds the address for routes of one’s own', () => {
    const addressOf = clientAddresses(['10.0.0.0/8'])
    const headers = headerLines({ 'x-forwarded-for': '1.1.1.1, 203.0.113.9' })
    expect(addressOf({ peer: '10.0.0.1', headers })).toBe('203.0.113.9')
    expect(addressOf({ peer: '198.51.100.1', headers })).toBe('198.51.100.1')
  })

  it('says what is no network', () => {
    expect(() => clientAddresses(['10/8'])).toThrow(/^trustedProxies: "10\/8" is not a network/)
  })
})

describe('clientAddress', () => {
  it('is the peer, whatever it says, unless that is a trusted proxy', () => {
    expect(address('203.0.113.9')).toBe('203.0.113.9')
    expect(address('203.0.113.9', '198.51.100.1')).toBe('203.0.113.9')
  })

  it('is the last address that no trusted proxy has', () => {
    expect(address('10.0.0.1', '203.0.113.9')).toBe('203.0.113.9')
    expect(address('10.0.0.1', '203.0.113.9, 10.1.2.3')).toBe('203.0.113.9')
    expect(address('10.0.0.1', '203.0.113.9', '10.1.2.3')).toBe('203.0.113.9')
    expect(address('::ffff:10.0.0.1', '203.0.113.9')).toBe('203.0.113.9')
    expect(address('fd00::1', '2001:db8::1')).toBe('2001:db8::1')
    expect(address('127.0.0.1', '203.0.113.9')).toBe('203.0.113.9')
  })

  it('does not believe what a client wrote before the proxy added it', () => {
    expect(address('10.0.0.1', '1.1.1.1, 203.0.113.9')).toBe('203.0.113.9')
    expect(address('10.0.0.1', '10.9.9.9, 203.0.113.9')).toBe('203.0.113.9')
    expect(address('10.0.0.1', '127.0.0.1', '203.0.113.9')).toBe('203.0.113.9')
  })

  it('is the first proxy where only trusted ones are named, and the proxy where none is', () => {
    expect(address('10.0.0.1', '10.0.0.3, 10.0.0.2')).toBe('10.0.0.3')
    expect(address('10.0.0.1')).toBe('10.0.0.1')
    expect(address('10.0.0.1', '')).toBe('10.0.0.1')
  })

  it.each([
    'unknown',
    '_hidden',
    '203.0.113',
    '0x7f.1',
    '010.0.0.1',
    '203.0.113.9:80',
    '[2001:db8::1]',
    "'; --",
    '::g',
  ])('stops at %j, which is no address', (garbage) => {
    expect(address('10.0.0.1', `1.1.1.1, ${garbage}`)).toBe('10.0.0.1')
    expect(address('10.0.0.1', `${garbage}, 203.0.113.9`)).toBe('203.0.113.9')
  })

  it('has one spelling for each address', () => {
    expect(address('::ffff:203.0.113.9')).toBe('203.0.113.9')
    expect(address('::ffff:cb00:7109')).toBe('203.0.113.9')
    expect(address('2001:DB8:0:0:0:0:0:1')).toBe('2001:db8::1')
    expect(address('10.0.0.1', '::FFFF:203.0.113.9')).toBe('203.0.113.9')
  })

  it('gives back a peer that is no address, such as that of a pipe', () => {
    expect(address('')).toBe('')
    expect(address('/run/app.sock')).toBe('/run/app.sock')
  })

  it('never throws, and never gives what stands left of an untrusted hop', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())), fc.ipV4(), (hops, last) => {
        fc.pre(!trusted.has(last))
        expect(address('10.0.0.1', ...hops, last)).toBe(last)
      }),
    )
  })
})

describe('networkOf', () => {
  it.each([
    ['203.0.113.9', '203.0.113.0/24'],
    ['::ffff:203.0.113.9', '203.0.113.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['::1', '::/64'],
  ])('of %s is %s', (from, network) => {
    expect(networkOf(from)).toBe(network)
  })

  it.each(['', 'localhost', '203.0.113', '2001:db8::/64', '1.2.3.4, 5.6.7.8'])('of %j is none', (from) => {
    expect(networkOf(from)).toBeUndefined()
  })
})

describe('limitKeyOf', () => {
  it('is an address of IPv4 itself, and of IPv6 its /64, in which one host has as many as it likes', () => {
    expect(limitKeyOf('203.0.113.9')).toBe('203.0.113.9')
    expect(limitKeyOf('2001:db8:1:2::9')).toBe('2001:db8:1:2::/64')
    expect(limitKeyOf('2001:db8:1:2:ffff::9')).toBe('2001:db8:1:2::/64')
    expect(limitKeyOf('not:an:address')).toBe('not:an:address')
    expect(limitKeyOf('')).toBe('')
  })
})

describe('Networks', () => {
  it('takes a single address as its own network', () => {
    const networks = new Networks(['192.0.2.7', '2001:db8::7'], 'exempt')
    expect(networks.has('192.0.2.7')).toBe(true)
    expect(networks.has('192.0.2.8')).toBe(false)
    expect(networks.has('2001:db8::7')).toBe(true)
    expect(networks.has('2001:db8::8')).toBe(false)
  })

  it('does not take IPv6 for IPv4, nor garbage for anything', () => {
    const all = new Networks(['0.0.0.0/0'], 'exempt')
    expect(all.has('::ffff:1.2.3.4')).toBe(true)
    expect(all.has('2001:db8::1')).toBe(false)
    expect(all.has('')).toBe(false)
    expect(all.has('1.2.3')).toBe(false)
  })

  // `10/8` was read as 0.0.0.10/8, so that no proxy was trusted and all clients shared one address.
  it.each([
    '10/8',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    'fe80::1%lo',
    'fe80::%eth0/64',
    '10.0.0.0/',
    '010.0.0.0/8',
    'fd00::/129',
    '',
    '/8',
    'localhost',
    '0x7f.1/8',
  ])('refuses %j at start and says what a network looks like', (cidr) => {
    expect(() => new Networks([cidr], 'trustedProxies')).toThrow(
      /trustedProxies: .* is not a network; write it as/,
    )
  })
})
