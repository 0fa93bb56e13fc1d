import { describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../conformance/manual-clock.js'
import { Networks } from '../request/addresses.js'
import { AddressLimits } from './address-limits.js'
import type { Rate } from './gcra.js'

function limits(
  rate: Rate | undefined = { burst: 2, perSecond: 1 },
  sockets = 2,
): { clock: ManualClock; limits: AddressLimits } {
  const clock = manualClock()
  const exempt = new Networks(['10.0.0.0/8'], 'exempt')
  return { clock, limits: new AddressLimits({ clock, exempt, rate, sockets }) }
}

describe('requests of an address', () => {
  it('are counted, each address on its own, and allowed again with time', () => {
    const { clock, limits: of } = limits()
    expect(of.countRequest('192.0.2.1')).toMatchObject({ allowed: true, remaining: 1 })
    expect(of.countRequest('192.0.2.1')).toMatchObject({ allowed: true, remaining: 0 })
    expect(of.countRequest('192.0.2.1')).toMatchObject({ allowed: false, remaining: 0, resetMs: 1000 })
    expect(of.countRequest('192.0.2.2')).toMatchObject({ allowed: true })
    clock.advance(1000)
    expect(of.countRequest('192.0.2.1')).toMatchObject({ allowed: true })
  })

  it('are not counted where there is no limit, nor for exempt networks', () => {
    expect(new AddressLimits({ ...parts(), rate: undefined }).countRequest('192.0.2.1')).toBeUndefined()
    expect(limits().limits.countRequest('10.1.2.3')).toBeUndefined()
  })

  it('of one IPv6 network are counted together', () => {
    const { limits: of } = limits()
    expect(of.countRequest('2001:db8::1')).toMatchObject({ allowed: true })
    expect(of.countRequest('2001:db8::2')).toMatchObject({ allowed: true })
    expect(of.countRequest('2001:db8::3')).toMatchObject({ allowed: false })
    expect(of.countRequest('2001:db8:0:1::1')).toMatchObject({ allowed: true })
  })

  it('of more addresses than can be remembered drop the oldest, and those whose rate is whole again first', () => {
    const { clock, limits: of } = limits({ burst: 1, perSecond: 1 })
    const flood = (network: number, count: number): void => {
      for (let index = 0; index < count; index += 1)
        of.countRequest(`${network}.${index >> 16}.${(index >> 8) & 255}.${index & 255}`)
    }
    expect(of.countRequest('192.0.2.1')).toMatchObject({ allowed: true })
    flood(20, 99_998)
    expect(of.countRequest('192.0.2.2')).toMatchObject({ allowed: true })
    expect(of.countRequest('192.0.2.1')).toMatchObject({ allowed: true })
    expect(of.countRequest('192.0.2.2')).toMatchObject({ allowed: false })
    clock.advance(1000)
    flood(30, 20_000)
    expect(of.countRequest('192.0.2.2')).toMatchObject({ allowed: true })
  })
})

describe('sockets of an address', () => {
  it('are refused at the cap, and let in again when one is gone', () => {
    const { limits: of } = limits()
    const first = of.takeSocket('192.0.2.1')
    const second = of.takeSocket('192.0.2.1')
    expect(of.takeSocket('192.0.2.1')).toBeUndefined()
    expect(of.takeSocket('192.0.2.2')).toBeDefined()
    first?.()
    expect(of.takeSocket('192.0.2.1')).toBeDefined()
    second?.()
  })

  it('free one place each, however often that is said', () => {
    const { limits: of } = limits()
    const first = of.takeSocket('192.0.2.1')
    of.takeSocket('192.0.2.1')
    first?.()
    first?.()
    expect(of.takeSocket('192.0.2.1')).toBeDefined()
    expect(of.takeSocket('192.0.2.1')).toBeUndefined()
  })

  it('of one IPv6 network count together', () => {
    const { limits: of } = limits()
    of.takeSocket('2001:db8::1')
    const free = of.takeSocket('2001:db8::2')
    expect(of.takeSocket('2001:db8::3')).toBeUndefined()
    free?.()
    expect(of.takeSocket('2001:db8::3')).toBeDefined()
  })

  it('of exempt networks have no cap', () => {
    const { limits: of } = limits()
    for (let count = 0; count < 10; count += 1) expect(of.takeSocket('10.0.0.1')).toBeDefined()
  })
})

function parts(): ConstructorParameters<typeof AddressLimits>[0] {
  return { clock: manualClock(), exempt: new Networks([], 'exempt'), rate: undefined, sockets: 1 }
}
