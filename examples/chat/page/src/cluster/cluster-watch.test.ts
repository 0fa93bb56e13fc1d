import { describe, expect, it, vi } from 'vitest'
import type { ClusterHappening, ClusterOrder, ClusterState } from './cluster-state.js'
import { ClusterWatch } from './cluster-watch.js'

const KILL: ClusterOrder = { action: 'kill-node', target: 'node-2' }

function stateAt(now: number, more: Partial<ClusterState> = {}): ClusterState {
  return {
    now,
    nodes: [{ name: 'node-2', state: 'up', connections: 0 }],
    redis: [{ name: 'redis-1', role: 'master', up: true, slots: [[0, 16_383]] }],
    happenings: [],
    ...more,
  }
}
const happened = (id: number, kind = 'node-killed'): ClusterHappening => ({ id, kind, name: 'node-2' })

/** A watch whose server and whose clock the test holds. */
function makeWorld(seen: () => boolean = () => true): {
  watch: ClusterWatch
  notes: string[]
  asked: string[]
  answer: (status: number, body: unknown) => void
  /** Lets the time pass until it looks again; gives how long that is. */
  tick: () => Promise<number>
  settled: () => Promise<void>
} {
  const notes: string[] = []
  const asked: string[] = []
  let next: () => Promise<Response> = () => Promise.reject(new TypeError('no network'))
  let waiting: { run: () => void; ms: number } | undefined
  const watch = new ClusterWatch({
    fetch: (url, init) => {
      asked.push(`${init.method ?? 'GET'} ${url}${typeof init.body === 'string' ? ` ${init.body}` : ''}`)
      return next()
    },
    note: ({ title }) => notes.push(title),
    later: (run, ms) => {
      waiting = { run, ms }
      return () => {
        waiting = undefined
      }
    },
    isSeen: seen,
  })
  const settled = (): Promise<void> => vi.waitUntil(() => waiting !== undefined).then(() => undefined)
  return {
    watch,
    notes,
    asked,
    answer: (status, body) => {
      next = async () => new Response(JSON.stringify(body), { status })
    },
    tick: async () => {
      await settled()
      const { run, ms } = waiting ?? { run: () => undefined, ms: 0 }
      waiting = undefined
      run()
      await settled()
      return ms
    },
    settled,
  }
}

describe('ClusterWatch', () => {
  it('looks again and again, more often while a part is away', async () => {
    const { watch, answer, tick, settled } = makeWorld()
    answer(200, stateAt(1))
    watch.start()
    watch.start()
    await settled()
    expect(watch.snapshot().state).toEqual(stateAt(1))
    answer(200, stateAt(2, { nodes: [{ name: 'node-2', state: 'down', connections: 0 }] }))
    const calm = await tick()
    expect(watch.snapshot().state?.nodes[0]?.state).toBe('down')
    expect(await tick()).toBeLessThan(calm)
  })

  it('tells what happened since the page came, once and in order', async () => {
    const { watch, answer, tick, settled, notes } = makeWorld()
    answer(200, stateAt(1, { happenings: [happened(1), happened(2, 'node-up')] }))
    watch.start()
    await settled()
    expect(notes).toEqual([])
    answer(200, stateAt(2, { happenings: [happened(2, 'node-up'), happened(3), happened(4, 'node-sang')] }))
    await tick()
    await tick()
    expect(notes).toEqual(['node-2 was killed'])
  })

  it('has something done, shows that it is, and takes the state that comes of it', async () => {
    const { watch, answer, asked, settled, notes } = makeWorld()
    answer(200, stateAt(1))
    watch.start()
    await settled()
    answer(200, stateAt(2, { happenings: [happened(1)] }))
    const busy: unknown[] = []
    watch.subscribe(() => busy.push(watch.snapshot().busy))
    await Promise.all([watch.order(KILL), watch.order({ action: 'drain-node', target: 'node-1' })])
    expect(busy).toContain(KILL)
    expect(watch.snapshot()).toMatchObject({ busy: undefined, problem: undefined, state: { now: 2 } })
    expect(watch.snapshot().news).toBe('node-2 was killed')
    expect(notes).toEqual(['Killing node-2', 'node-2 was killed'])
    expect(asked).toEqual(['GET /cluster/state', `POST /cluster/actions ${JSON.stringify(KILL)}`])
  })

  it('tells why something was not done, until the next thing is', async () => {
    const { watch, answer } = makeWorld()
    answer(409, { status: 409, detail: 'node-2 is down already.' })
    await watch.order(KILL)
    expect(watch.snapshot().problem).toBe('node-2 is down already.')
    answer(502, '<h1>')
    await watch.order(KILL)
    expect(watch.snapshot().problem).toMatch(/cannot be asked/)
    answer(200, stateAt(1))
    await watch.order(KILL)
    expect(watch.snapshot().problem).toBeUndefined()
  })

  it('says that the cluster is silent, keeps the last state, and goes on', async () => {
    const { watch, answer, tick, settled } = makeWorld()
    watch.start()
    await settled()
    expect(watch.snapshot()).toMatchObject({ state: undefined, silent: true })
    answer(200, stateAt(1))
    await tick()
    answer(200, { now: 'nonsense' })
    await tick()
    expect(watch.snapshot()).toMatchObject({ state: stateAt(1), silent: true })
    answer(200, stateAt(2))
    await tick()
    expect(watch.snapshot()).toMatchObject({ state: stateAt(2), silent: false })
  })

  it('leaves out an answer that another one has overtaken', async () => {
    const { watch, answer, tick, settled } = makeWorld()
    answer(200, stateAt(5))
    watch.start()
    await settled()
    answer(200, stateAt(4))
    await tick()
    expect(watch.snapshot().state?.now).toBe(5)
  })

  it('asks no more where there is no cluster', async () => {
    const { watch, answer, asked } = makeWorld()
    answer(404, 'There is nothing here.')
    watch.start()
    // To begin anew is nothing for one that still looks.
    await vi.waitUntil(() => {
      watch.start()
      return asked.length === 2
    })
    expect(watch.snapshot()).toMatchObject({ state: undefined, silent: false })
  })

  it('does not look while nobody looks at the page, nor after it was stopped', async () => {
    let seen = false
    const { watch, answer, asked, tick, settled } = makeWorld(() => seen)
    answer(200, stateAt(1))
    watch.start()
    await settled()
    await tick()
    expect(asked).toEqual([])
    seen = true
    await tick()
    expect(asked).toHaveLength(1)
    const late = watch.snapshot()
    watch.stop()
    watch.start()
    watch.stop()
    await Promise.resolve()
    expect(watch.snapshot()).toBe(late)
  })
})
