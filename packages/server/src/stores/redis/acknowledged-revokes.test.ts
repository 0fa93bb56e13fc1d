import { expect, test } from 'vitest'
import { AcknowledgedRevokes } from './acknowledged-revokes.js'

const NOW = 1_700_000_000_000
const MINUTE_MS = 60_000

function revokeOf(subject: string): {
  readonly kind: 'subject'
  readonly subject: string
  readonly rememberMs: number
} {
  return { kind: 'subject', subject, rememberMs: MINUTE_MS }
}

async function told(
  revokes: AcknowledgedRevokes,
  fails: (at: number) => boolean = () => false,
): Promise<number[]> {
  const all: number[] = []
  await revokes.tellDue(async ({ at }) => {
    if (fails(at)) throw new Error('down')
    all.push(at)
  })
  return all
}

test('nothing is told again unless a master is another one', async () => {
  const revokes = new AcknowledgedRevokes()
  revokes.add(revokeOf('a'), 1, NOW)
  expect(await told(revokes)).toEqual([])
  revokes.allDue(NOW)
  expect(await told(revokes)).toEqual([1])
  expect(await told(revokes)).toEqual([])
})

test('what could not be told stays due', async () => {
  const revokes = new AcknowledgedRevokes()
  for (let at = 1; at <= 120; at += 1) revokes.add(revokeOf('a'), at, NOW)
  revokes.allDue(NOW)
  expect(await told(revokes, () => true)).toEqual([])
  expect((await told(revokes, (at) => at === 60)).length).toBe(119)
  expect(await told(revokes)).toEqual([60])
})

test('ten minutes are remembered, and ten thousand', async () => {
  const revokes = new AcknowledgedRevokes()
  revokes.add(revokeOf('a'), 1, NOW)
  revokes.add(revokeOf('a'), 2, NOW + 5 * MINUTE_MS)
  revokes.allDue(NOW + 10 * MINUTE_MS)
  expect(await told(revokes)).toEqual([2])
  const many = new AcknowledgedRevokes()
  for (let at = 0; at < 20_050; at += 1) many.add(revokeOf('a'), at, NOW)
  many.allDue(NOW)
  const all = await told(many)
  expect([all.length, all[0]]).toEqual([10_000, 10_050])
})
