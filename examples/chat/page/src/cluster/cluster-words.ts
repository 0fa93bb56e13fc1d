import type { Happening } from '../connection/timeline.js'
import { duration } from '../connection/words.js'
import type { ClusterHappening, ClusterOrder, NodeView } from './cluster-state.js'

export type Health = 'good' | 'busy' | 'bad'

/** Says what this page asks for, so that what follows is told after its cause. */
export function orderWords({ action, target }: ClusterOrder): Happening {
  switch (action) {
    case 'kill-node':
      return tell('node', 'plain', `Killing ${target}`)
    case 'drain-node':
      return tell('node', 'plain', `Draining ${target}`)
    case 'fail-over':
      return tell('redis', 'plain', `Killing ${target}, a master`)
  }
}

/** Says what happened to the cluster, for the timeline; `undefined` for what this page does not know. */
export function happeningWords({ kind, name, other, ms }: ClusterHappening): Happening | undefined {
  const took = ms === undefined ? '' : ` after ${duration(ms)}`
  switch (kind) {
    case 'node-killed':
      return tell('node', 'bad', `${name} was killed`, 'Its sockets are gone, without a word.')
    case 'node-ended':
      return tell('node', 'bad', `${name} ended by itself`, 'Its sockets are gone, without a word.')
    case 'node-draining':
      return tell('node', 'warn', `${name} is draining`, 'It asks its sockets to go elsewhere, one by one.')
    case 'node-drained':
      return tell('node', 'plain', `${name} has ended${took}`)
    case 'node-up':
      return tell('node', 'good', `${name} is back${took}`)
    case 'master-killed':
      return tell('redis', 'bad', `${name}, a master, was killed`, 'Open sockets do not notice.')
    case 'master-promoted':
      return tell(
        'redis',
        'good',
        `${name} took over${took}`,
        `It was the replica of ${other ?? 'the master'}.`,
      )
    case 'redis-up':
      return tell('redis', 'good', `${name} is back`, `It is a replica of ${other ?? 'the new master'} now.`)
    default:
      return undefined
  }
}

/** Says how a node is. `now` is the server's clock, in seconds. */
export function nodeWords(
  { state, connections, returns_at }: NodeView,
  now: number,
): { readonly words: string; readonly health: Health } {
  switch (state) {
    case 'up':
      return { words: connections === 1 ? '1 connection' : `${connections} connections`, health: 'good' }
    case 'draining':
      return { words: 'draining', health: 'busy' }
    case 'starting':
      return { words: 'starting', health: 'busy' }
    case 'down': {
      const seconds = returns_at === undefined ? 0 : Math.ceil(returns_at - now)
      return { words: seconds > 0 ? `down, back in ${seconds} s` : 'down', health: 'bad' }
    }
  }
}

function tell(kind: Happening['kind'], tone: Happening['tone'], title: string, detail?: string): Happening {
  return { kind, tone, title, ...(detail !== undefined && { detail }) }
}
