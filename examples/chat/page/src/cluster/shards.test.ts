import { describe, expect, it } from 'vitest'
import type { RedisView } from './cluster-state.js'
import { shardsOf, slotOfRef } from './shards.js'

const master = (name: string, from: number, to: number): RedisView => ({
  name,
  role: 'master',
  up: true,
  slots: [[from, to]],
})
const replica = (name: string, of: string): RedisView => ({ name, role: 'replica', up: true, slots: [], of })

describe('slotOfRef', () => {
  // What `CLUSTER KEYSLOT 'wst:{7f}:t:'` says.
  it.each([
    ['7f', 4194],
    ['00', 13_254],
    ['da', 15_209],
  ])('gives the slot that Redis gives to the hash tag %s', (tag, slot) => {
    expect(slotOfRef(`${tag}AAAAAAAAAAAAAAAAAAAAAA`)).toBe(slot)
  })
})

describe('shardsOf', () => {
  it('orders them by their slots, so that they stay in place when a master changes', () => {
    const before = [master('a', 0, 99), master('b', 100, 16_383), replica('c', 'a')]
    const after = [{ ...master('a', 0, 0), slots: [] }, master('b', 100, 16_383), master('c', 0, 99)]
    expect(shardsOf(before, undefined).map(({ from, master: { name } }) => [from, name])).toEqual([
      [0, 'a'],
      [100, 'b'],
    ])
    expect(shardsOf(after, undefined).map(({ from, master: { name } }) => [from, name])).toEqual([
      [0, 'c'],
      [100, 'b'],
    ])
  })

  it('counts the slots of several ranges, and names the replicas', () => {
    const split: RedisView = {
      ...master('a', 0, 9),
      slots: [
        [20, 29],
        [0, 9],
      ],
    }
    expect(shardsOf([split, replica('b', 'a'), replica('c', 'x')], undefined)).toMatchObject([
      { from: 0, slots: 20, replicas: [{ name: 'b' }], own: false },
    ])
  })

  it('marks the one that keeps the session of the page', () => {
    const redis = [master('a', 0, 5460), master('b', 5461, 10_922), master('c', 10_923, 16_383)]
    expect(shardsOf(redis, '7fAAAA').map(({ own }) => own)).toEqual([true, false, false])
    expect(shardsOf(redis, 'daAAAA').map(({ own }) => own)).toEqual([false, false, true])
  })
})
