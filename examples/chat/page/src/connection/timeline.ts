export type EntryKind =
  | 'ticket'
  | 'connecting'
  | 'admitted'
  | 'renewed'
  | 'dropped'
  | 'refused'
  | 'revoked'
  | 'closed'
  | 'waiting'
  | 'offline'
  | 'blocked'
  | 'diagnosis'
  | 'woke'
  | 'downgrade'
  | 'token'
  | 'replay'
  | 'logout'
  /** Of a cluster: its nodes, its Redis. */
  | 'node'
  | 'redis'

export type Tone = 'plain' | 'good' | 'warn' | 'bad'

/** One line of what happened to the connection. */
export interface Happening {
  readonly kind: EntryKind
  readonly tone: Tone
  readonly title: string
  readonly detail?: string
  /** The wire's own name for it. */
  readonly code?: string
}

export interface TimelineEntry extends Happening {
  readonly id: number
  /** Milliseconds since 1970. */
  readonly at: number
}

// As far back as somebody scrolls.
const ENTRIES_KEPT = 80

/** Adds what happened; the newest comes first. */
export function addHappenings(
  timeline: readonly TimelineEntry[],
  happenings: readonly Happening[],
  at: number,
): readonly TimelineEntry[] {
  const first = (timeline[0]?.id ?? 0) + 1
  const added = happenings.map((happening, index) => ({ ...happening, id: first + index, at }))
  return [...added.toReversed(), ...timeline].slice(0, ENTRIES_KEPT)
}
