import { describe, expect, it } from 'vitest'
import type { ClientRecord, JournalLine, Sent } from './records.js'
import { tally } from './tally.js'

const NO_DIALS = { tickets: 0, ticketsFailed: 0, sockets: 0, socketsFailed: 0 }

/** A client that sent numbers over connections: `['socket', 1]` is the first, handed to an open socket. */
function client(...sent: readonly [via: Sent['via'], connection: number][]): ClientRecord {
  return {
    client: 'one',
    user: 'ada',
    connections: Math.max(...sent.map(([, connection]) => connection)),
    sent: sent.map(([via, connection], index) => ({ n: index + 1, at: 0, via, connection })),
    acknowledged: [],
    fired: [],
    dials: NO_DIALS,
  }
}

function came(n: number, more: Partial<JournalLine> = {}): JournalLine {
  const spoken = { client: 'one', user: 'ada', n }
  return { type: 'message', at: 0, pid: 1, ref: 'r', subject: 'ada', spoken, ...more }
}

const CLEAN = { lostOfOutbox: [], lostOfSocket: [], lostInNetwork: [], doubled: [], asAnother: [] }

describe('The tally of a client', () => {
  it('finds nothing where everything came once', () => {
    const record = client(['outbox', 1], ['socket', 1], ['outbox', 2])
    expect(tally(record, [came(1), came(2), came(3)])).toMatchObject({ sent: 3, received: 3, ...CLEAN })
  })

  it('calls lost in the network what a connection took that ended', () => {
    const record = client(['socket', 1], ['socket', 1], ['socket', 2])
    expect(tally(record, [came(1), came(3)])).toMatchObject({ ...CLEAN, lostInNetwork: [2] })
  })

  it('calls lost by the client what was overtaken on its own connection', () => {
    const record = client(['outbox', 1], ['socket', 1], ['socket', 1], ['socket', 2])
    expect(tally(record, [came(3), came(4)])).toMatchObject({
      ...CLEAN,
      lostOfOutbox: [1],
      lostOfSocket: [2],
    })
  })

  it('calls lost by the client what no connection ever took, or one that is still there', () => {
    const record = client(['outbox', 0], ['outbox', 1])
    expect(tally(record, [])).toMatchObject({ ...CLEAN, lostOfOutbox: [1, 2] })
  })

  it('sees what came twice, and what came as somebody else', () => {
    const record = client(['socket', 1], ['socket', 1])
    const journal = [came(1), came(1, { ref: 's' }), came(2, { subject: 'alan' })]
    expect(tally(record, journal)).toMatchObject({ ...CLEAN, doubled: [1], asAnother: [2] })
  })

  it('leaves other clients alone', () => {
    const other = { spoken: { client: 'two', user: 'alan', n: 1 }, subject: 'alan' }
    expect(tally(client(['socket', 1]), [came(1), came(1, other)])).toMatchObject(CLEAN)
  })
})
