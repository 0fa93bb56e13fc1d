import { describe, expect, it } from 'vitest'
import { type ClusterState, isClusterState } from './cluster-state.js'

const state: ClusterState = {
  now: 1000.5,
  nodes: [
    { name: 'node-1', state: 'up', pid: 7, connections: 2 },
    { name: 'node-2', state: 'down', connections: 0, returns_at: 1003 },
  ],
  redis: [
    { name: 'redis-1', role: 'master', up: true, pid: 8, slots: [[0, 16383]] },
    { name: 'redis-2', role: 'replica', up: false, slots: [], of: 'redis-1' },
  ],
  happenings: [{ id: 1, kind: 'node-killed', name: 'node-2' }],
}

/** Every value that differs from the state in one place: a field gone, or of another type. */
function spoilt(value: unknown): unknown[] {
  if (Array.isArray(value)) {
    return [...value.flatMap((item, at) => spoilt(item).map((bad) => value.with(at, bad))), {}]
  }
  if (typeof value === 'object' && value !== null) {
    return [
      ...Object.entries(value).flatMap(([name, inner]) =>
        spoilt(inner).map((bad) => ({ ...value, [name]: bad })),
      ),
      null,
    ]
  }
  return [{ not: 'this' }]
}

describe('isClusterState', () => {
  it('takes what the control server says, and more than this page knows', () => {
    expect(isClusterState(state)).toBe(true)
    expect(isClusterState({ ...state, weather: 'fine' })).toBe(true)
  })

  it('takes nothing that differs in one place', () => {
    const bad = spoilt(state)
    expect(bad.length).toBeGreaterThan(25)
    for (const one of bad) expect(isClusterState(one), JSON.stringify(one)).toBe(false)
  })

  it('takes nothing that lacks a field it needs', () => {
    for (const name of Object.keys(state)) {
      const rest = Object.fromEntries(Object.entries(state).filter(([key]) => key !== name))
      expect(isClusterState(rest), name).toBe(false)
    }
  })
})
