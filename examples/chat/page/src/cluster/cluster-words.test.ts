import { describe, expect, it } from 'vitest'
import type { ClusterOrder, NodeCondition, NodeView } from './cluster-state.js'
import { happeningWords, nodeWords, orderWords } from './cluster-words.js'

describe('happeningWords', () => {
  const title = (kind: string, more: object = {}): string | undefined =>
    happeningWords({ id: 1, kind, name: 'x-1', ...more })?.title

  it('says who it happened to and how long it took', () => {
    expect(title('node-killed')).toBe('x-1 was killed')
    expect(title('node-ended')).toBe('x-1 ended by itself')
    expect(title('node-draining')).toBe('x-1 is draining')
    expect(title('node-drained', { ms: 420 })).toBe('x-1 has ended after 420 ms')
    expect(title('node-up', { ms: 5200 })).toBe('x-1 is back after 5.2 s')
    expect(title('master-killed')).toBe('x-1, a master, was killed')
    expect(title('master-promoted', { ms: 1700, other: 'x-0' })).toBe('x-1 took over after 1.7 s')
    expect(title('redis-up')).toBe('x-1 is back')
  })

  it('says whose place was taken', () => {
    const of = (kind: string, other?: string): string | undefined =>
      happeningWords({ id: 1, kind, name: 'x-1', ...(other !== undefined && { other }) })?.detail
    expect(of('master-promoted', 'x-0')).toContain('x-0')
    expect(of('redis-up', 'x-4')).toContain('x-4')
    expect(of('master-promoted')).toContain('the master')
    expect(of('redis-up')).toContain('the new master')
  })

  it('says nothing of what it does not know', () => {
    expect(happeningWords({ id: 1, kind: 'node-sang', name: 'x-1' })).toBeUndefined()
  })
})

describe('orderWords', () => {
  it('says what is asked for', () => {
    const said = (action: ClusterOrder['action']): string => orderWords({ action, target: 'x-1' }).title
    expect(said('kill-node')).toBe('Killing x-1')
    expect(said('drain-node')).toBe('Draining x-1')
    expect(said('fail-over')).toBe('Killing x-1, a master')
  })
})

describe('nodeWords', () => {
  const said = (state: NodeCondition, more: Partial<NodeView> = {}): [string, string] => {
    const { words, health } = nodeWords({ name: 'node-1', state, connections: 0, ...more }, 1000)
    return [words, health]
  }

  it('counts what a node holds', () => {
    expect(said('up', { connections: 1 })).toEqual(['1 connection', 'good'])
    expect(said('up', { connections: 2 })).toEqual(['2 connections', 'good'])
  })

  it('says when one that is down comes back, if that is known', () => {
    expect(said('down', { returns_at: 1003.2 })).toEqual(['down, back in 4 s', 'bad'])
    expect(said('down', { returns_at: 999 })).toEqual(['down', 'bad'])
    expect(said('down')).toEqual(['down', 'bad'])
  })

  it('tells the states on the way', () => {
    expect(said('draining')).toEqual(['draining', 'busy'])
    expect(said('starting')).toEqual(['starting', 'busy'])
  })
})
