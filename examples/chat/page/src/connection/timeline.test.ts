import { describe, expect, it } from 'vitest'
import { addHappenings } from './timeline.js'

describe('the timeline', () => {
  it('puts the newest first, numbers without gaps and forgets the oldest', () => {
    const say = (title: string) => ({ kind: 'ticket', tone: 'plain', title }) as const
    const two = addHappenings([], [say('a'), say('b')], 5)
    expect(two).toMatchObject([
      { id: 2, title: 'b', at: 5 },
      { id: 1, title: 'a', at: 5 },
    ])
    const many = Array.from({ length: 100 }, (_, index) => say(String(index)))
    const kept = addHappenings(two, many, 6)
    expect(kept).toHaveLength(80)
    expect(kept[0]).toMatchObject({ id: 102, title: '99' })
  })
})
