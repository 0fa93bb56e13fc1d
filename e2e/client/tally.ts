import type { ClientRecord, JournalLine } from './records.js'

/** What became of the messages of a client. */
export interface Tally {
  readonly sent: number
  readonly received: number
  readonly acknowledged: number
  /** Numbers that waited in the outbox and never came, though nothing but the client stood in their way. */
  readonly lostOfOutbox: readonly number[]
  /** The same, of those that were sent while a socket was open. */
  readonly lostOfSocket: readonly number[]
  /**
   * Numbers that were handed to a connection that ended before they had arrived, with all behind them: lost in the network,
   * where no client can see it. Only the application can tell whether they are to be sent again.
   */
  readonly lostInNetwork: readonly number[]
  /** Numbers that came more than once. */
  readonly doubled: readonly number[]
  /** Numbers that were heard as somebody else's. */
  readonly asAnother: readonly number[]
}

/** Compares what a client sent with what the server wrote down. Ask when the client is connected and has said all. */
export function tally(record: ClientRecord, journal: readonly JournalLine[]): Tally {
  const came = new Map<number, number>()
  const asAnother: number[] = []
  for (const { spoken, subject } of journal) {
    if (spoken?.client !== record.client) continue
    came.set(spoken.n, (came.get(spoken.n) ?? 0) + 1)
    if (subject !== record.user || spoken.user !== record.user) asAnother.push(spoken.n)
  }
  // A connection delivers in order: what came over it was preceded by all that it was given before.
  const lastToCome = new Map<number, number>()
  for (const { n, connection } of record.sent) if (came.has(n)) lastToCome.set(connection, n)

  const lost = record.sent.filter(({ n }) => !came.has(n))
  const inNetwork = lost.filter(
    ({ n, connection }) =>
      connection > 0 && connection < record.connections && n > (lastToCome.get(connection) ?? 0),
  )
  const numbers = (sent: readonly { n: number }[]): number[] => sent.map(({ n }) => n)
  const byClient = lost.filter((each) => !inNetwork.includes(each))
  return {
    sent: record.sent.length,
    received: came.size,
    acknowledged: new Set(record.acknowledged).size,
    lostOfOutbox: numbers(byClient.filter(({ via }) => via === 'outbox')),
    lostOfSocket: numbers(byClient.filter(({ via }) => via === 'socket')),
    lostInNetwork: numbers(inNetwork),
    doubled: [...came].filter(([, times]) => times > 1).map(([n]) => n),
    asAnother,
  }
}
