import { describe, expect, it } from 'vitest'
import { Happenings, happeningLine } from './happenings.mjs'

describe('Happenings', () => {
  it('numbers them, tells each, and keeps the last ones', () => {
    const told: number[] = []
    const happenings = new Happenings(({ id }) => told.push(id))
    for (let count = 0; count < 100; count += 1) happenings.add('node-up', 'node-1')
    const kept = happenings.all()
    expect(told).toHaveLength(100)
    expect(kept.at(-1)).toMatchObject({ id: 100, kind: 'node-up', name: 'node-1' })
    expect(kept[0]?.id).toBe(61)
  })
})

describe('happeningLine', () => {
  const line = (kind: Parameters<Happenings['add']>[0], more: { other?: string; ms?: number } = {}): string =>
    happeningLine({ id: 1, at: 1, kind, name: 'x-1', ...more })

  it('says what became of a Redis', () => {
    expect(line('master-killed')).toBe('x-1, a master, was killed')
    expect(line('master-promoted', { other: 'x-0', ms: 1730 })).toBe(
      'x-1 is the master in place of x-0, after 1.7 s',
    )
    expect(line('redis-up', { other: 'x-4' })).toBe('x-1 is back as a replica of x-4')
  })
})
