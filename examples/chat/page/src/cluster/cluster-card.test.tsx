import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { ClusterCard } from './cluster-card.js'
import type { ClusterOrder, ClusterState, NodeView, RedisView } from './cluster-state.js'
import { ClusterWatch } from './cluster-watch.js'

const node = (name: string, state: NodeView['state']): NodeView => ({ name, state, connections: 0 })
const redis: readonly RedisView[] = [
  { name: 'redis-1', role: 'master', up: true, slots: [[0, 8191]] },
  { name: 'redis-2', role: 'master', up: true, slots: [[8192, 16_383]] },
  { name: 'redis-3', role: 'replica', up: true, slots: [], of: 'redis-1' },
  { name: 'redis-4', role: 'replica', up: true, slots: [], of: 'redis-2' },
]
const nodes = [node('node-1', 'up'), node('node-2', 'draining'), node('node-3', 'down')]
const state: ClusterState = { now: 1, nodes, redis, happenings: [] }
const watch = new ClusterWatch({ fetch: () => Promise.reject(new Error('not asked')), note: () => undefined })

interface Shown {
  readonly state?: ClusterState | undefined
  readonly busy?: ClusterOrder
  readonly problem?: string
  readonly silent?: boolean
  readonly news?: string
  readonly node?: string
  readonly sessionRef?: string
}

function html({ node: holder, sessionRef, ...cluster }: Shown = {}): string {
  const snapshot = { state, busy: undefined, problem: undefined, silent: false, news: '', ...cluster }
  return renderToStaticMarkup(
    <ClusterCard watch={watch} cluster={snapshot} node={holder} sessionRef={sessionRef} />,
  )
}

/** The buttons by their labels, and whether they can be pressed. */
function buttons(markup: string): Record<string, boolean> {
  const found = [...markup.matchAll(/<button[^>]*aria-disabled="(true|false)"[^>]*aria-label="([^"]*)"/g)]
  return Object.fromEntries(found.map(([, disabled, label]) => [label, disabled === 'false']))
}

describe('ClusterCard', () => {
  it('draws nothing where there is no cluster', () => {
    expect(html({ state: undefined })).toBe('')
  })

  it('has a button for everything that can be taken away', () => {
    expect(buttons(html())).toEqual({
      'Drain node-1': true,
      'Kill node-1': true,
      'Drain node-2': false,
      'Kill node-2': true,
      'Drain node-3': false,
      'Kill node-3': false,
      'Fail redis-1 over to its replica': true,
      'Fail redis-2 over to its replica': true,
    })
  })

  it('lets no master go while another part of Redis is away', () => {
    const away = redis.map((each) => (each.name === 'redis-3' ? { ...each, up: false } : each))
    const shown = html({ state: { ...state, redis: away } })
    expect(buttons(shown)['Fail redis-2 over to its replica']).toBe(false)
    expect(shown).toContain('no replica')
    const down = redis.map((each) => (each.name === 'redis-1' ? { ...each, up: false } : each))
    expect(html({ state: { ...state, redis: down } })).toContain('down, its replica takes over')
  })

  it('marks what the page itself depends on', () => {
    const marked = html({ node: 'node-1', sessionRef: 'daAAAA' })
    expect(marked).toMatch(/node-1 <span class="badge">holds your socket/)
    expect(marked).toMatch(/redis-2 <span class="badge">keeps your session/)
    expect(html()).not.toContain('badge')
  })

  it('shows what is being done, what was not, and that nobody answers', () => {
    const busy = html({ busy: { action: 'kill-node', target: 'node-1' } })
    expect(buttons(busy)).toMatchObject({ 'Kill node-1': false, 'Drain node-1': true })
    expect(busy).toContain('aria-busy="true"')
    expect(html({ problem: 'It is down already.' })).toMatch(/role="alert".*It is down already\./)
    expect(html({ silent: true })).toContain('gives no answer')
    expect(html({ news: 'node-1 was killed' })).toMatch(/role="status">node-1 was killed</)
  })
})
