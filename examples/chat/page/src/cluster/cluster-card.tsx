import type { JSX, ReactNode } from 'react'
import { Icon } from '../ui/icons.js'
import type { ClusterAction, ClusterState, NodeView } from './cluster-state.js'
import type { ClusterSnapshot, ClusterWatch } from './cluster-watch.js'
import { type Health, nodeWords } from './cluster-words.js'
import { type Shard, shardsOf } from './shards.js'

/** The cluster behind the page, with buttons that take a part of it away. Draws nothing where there is none. */
export function ClusterCard(props: {
  watch: ClusterWatch
  cluster: ClusterSnapshot
  /** The node that holds the page's socket. */
  node: string | undefined
  /** Of the page's session. */
  sessionRef: string | undefined
}): JSX.Element | null {
  const { watch, cluster, node, sessionRef } = props
  const { state, busy, problem, silent, news } = cluster
  if (state === undefined) return null
  const act = (action: ClusterAction, target: string, can: boolean): Act => ({
    can,
    busy: busy?.action === action && busy.target === target,
    run: () => void watch.order({ action, target }),
  })
  return (
    <section className="panel__section" aria-labelledby="cluster-title">
      <h3 id="cluster-title">Cluster</h3>
      <p className="visually-hidden" role="status">
        {news}
      </p>
      {silent && (
        <p className="notice notice--warn">
          <Icon name="alert" />
          <span>The cluster gives no answer. This is how it was last seen.</span>
        </p>
      )}
      {problem !== undefined && (
        <p className="notice notice--bad" role="alert">
          <Icon name="alert" />
          <span>{problem}</span>
        </p>
      )}
      <p className="parts__caption" id="nodes-caption">
        Nodes behind one address
      </p>
      <ul className="parts" aria-labelledby="nodes-caption">
        {state.nodes.map((each) => (
          <NodeRow
            key={each.name}
            node={each}
            now={state.now}
            holds={each.name === node}
            drain={act('drain-node', each.name, each.state === 'up')}
            kill={act('kill-node', each.name, each.state === 'up' || each.state === 'draining')}
          />
        ))}
      </ul>
      <p className="parts__caption" id="masters-caption">
        Masters of the Redis Cluster
      </p>
      <ul className="parts" aria-labelledby="masters-caption">
        {shardsOf(state.redis, sessionRef).map((shard) => (
          <ShardRow
            key={shard.from}
            shard={shard}
            failOver={act('fail-over', shard.master.name, canFailOver(shard, state))}
          />
        ))}
      </ul>
    </section>
  )
}

interface Act {
  readonly can: boolean
  readonly busy: boolean
  readonly run: () => void
}

function NodeRow(props: { node: NodeView; now: number; holds: boolean; drain: Act; kill: Act }): JSX.Element {
  const { node, now, holds, drain, kill } = props
  const { words, health } = nodeWords(node, now)
  return (
    <PartRow name={node.name} health={health} words={words} badge={holds ? 'holds your socket' : undefined}>
      <ActButton act={drain} words="Drain" label={`Drain ${node.name}`} />
      <ActButton act={kill} words="Kill" label={`Kill ${node.name}`} danger />
    </PartRow>
  )
}

function ShardRow({ shard, failOver }: { shard: Shard; failOver: Act }): JSX.Element {
  const { master, slots, replicas, own } = shard
  const behind = replicas.filter(({ up }) => up).map(({ name }) => name)
  const replica = behind.length === 0 ? 'no replica' : `replica ${behind.join(', ')}`
  const words = master.up ? `${slots.toLocaleString()} slots, ${replica}` : 'down, its replica takes over'
  const health = !master.up ? 'bad' : behind.length === 0 ? 'busy' : 'good'
  return (
    <PartRow name={master.name} health={health} words={words} badge={own ? 'keeps your session' : undefined}>
      <ActButton act={failOver} words="Fail over" label={`Fail ${master.name} over to its replica`} danger />
    </PartRow>
  )
}

function PartRow(props: {
  name: string
  health: Health
  words: string
  badge: string | undefined
  children: ReactNode
}): JSX.Element {
  const { name, health, words, badge, children } = props
  return (
    <li className="part" data-health={health}>
      <span className="part__dot" aria-hidden="true" />
      <span className="part__words">
        <span className="part__name">
          {name}
          {badge !== undefined && ' '}
          {badge !== undefined && <span className="badge">{badge}</span>}
        </span>
        <span className="part__detail">{words}</span>
      </span>
      <span className="part__buttons">{children}</span>
    </li>
  )
}

// Not `disabled` while it cannot: what is pressed goes away for a moment, and would take the focus with it.
function ActButton(props: { act: Act; words: string; label: string; danger?: boolean }): JSX.Element {
  const { act, words, label, danger } = props
  return (
    <button
      type="button"
      className={`button button--small${danger ? ' button--danger' : ''}`}
      aria-disabled={!act.can || act.busy}
      aria-busy={act.busy}
      aria-label={label}
      onClick={act.can && !act.busy ? act.run : undefined}
    >
      <span className="part__act">{words}</span>
      {act.busy && <span className="spinner" aria-hidden="true" />}
    </button>
  )
}

// One at a time, and only while somebody can take over.
function canFailOver({ master, replicas }: Shard, { redis }: ClusterState): boolean {
  return master.up && replicas.some(({ up }) => up) && redis.every(({ up }) => up)
}
