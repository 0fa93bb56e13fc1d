import type { RedisView } from './cluster-state.js'

const SLOTS = 16_384

/** A part of the keys, and who keeps it. */
export interface Shard {
  /** The first slot: what stays when the master changes. */
  readonly from: number
  readonly slots: number
  readonly master: RedisView
  readonly replicas: readonly RedisView[]
  /** Whether the tickets and sessions of the ref that was given lie here. */
  readonly own: boolean
}

/** The cluster's shards, in the order of their slots. `ref`: of the page's own session. */
export function shardsOf(redis: readonly RedisView[], ref: string | undefined): readonly Shard[] {
  const slot = ref === undefined ? undefined : slotOfRef(ref)
  return redis
    .filter(({ slots }) => slots.length > 0)
    .map((master) => ({
      from: Math.min(...master.slots.map(([from]) => from)),
      slots: master.slots.reduce((sum, [from, to]) => sum + to - from + 1, 0),
      master,
      replicas: redis.filter(({ of }) => of === master.name),
      own: slot !== undefined && master.slots.some(([from, to]) => from <= slot && slot <= to),
    }))
    .sort((a, b) => a.from - b.from)
}

/**
 * The slot of all keys of the user whose ticket has this ref: Redis Cluster takes the CRC16 (XMODEM) of what stands in
 * braces, which is the ref's first two characters, the ticket's shard.
 */
export function slotOfRef(ref: string): number {
  let crc = 0
  for (const character of ref.slice(0, 2)) {
    crc ^= character.charCodeAt(0) << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff
  }
  return crc % SLOTS
}
