import { describe, expect, test } from 'vitest'
import { NoticeLog } from './notice-log.js'
import type { Notice } from './store.js'

const never = (): AbortSignal => new AbortController().signal
const notice = (subject: string): Notice => ({ kind: 'subject', subject, at: 0 })

describe('NoticeLog', () => {
  test('says that there is a gap once a cursor lies before what is kept', async () => {
    const log = new NoticeLog(2)
    const { cursor } = await log.read(undefined, never())
    for (const subject of ['a', 'b']) log.append(notice(subject))
    expect(await log.read(cursor, never())).toMatchObject({ gap: false, notices: [notice('a'), notice('b')] })
    log.append(notice('c'))
    const batch = await log.read(cursor, never())
    expect(batch.gap).toBe(true)
    expect(batch.notices).toEqual([notice('b'), notice('c')])
    expect((await log.read(batch.cursor, AbortSignal.abort())).gap).toBe(false)
  })

  test('wakes all who wait, and nobody twice', async () => {
    const log = new NoticeLog(10)
    const { cursor } = await log.read(undefined, never())
    const waiting = [log.read(cursor, never()), log.read(cursor, never())]
    log.append(notice('a'))
    log.append(notice('b'))
    // Whoever wakes after several were announced gets them all.
    for (const batch of await Promise.all(waiting)) {
      expect(batch.notices.length).toBeGreaterThan(0)
      expect(batch.notices[0]).toEqual(notice('a'))
    }
  })

  test('lets go of the signals of those that have been answered', async () => {
    const log = new NoticeLog(10)
    const stop = new AbortController()
    const { cursor } = await log.read(undefined, stop.signal)
    const waiting = log.read(cursor, stop.signal)
    log.append(notice('a'))
    const batch = await waiting
    stop.abort()
    expect(batch.notices).toEqual([notice('a')])
  })

  // A cursor from beyond the end made the reader wait for the next notice before it was told of the gap.
  test('does not keep a reader waiting whose cursor lies beyond the end', async () => {
    const log = new NoticeLog(10)
    expect(await log.read('7', never())).toEqual({ cursor: '0', notices: [], gap: true })
  })
})
