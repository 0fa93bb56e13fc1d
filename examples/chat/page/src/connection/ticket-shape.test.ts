import { describe, expect, it } from 'vitest'
import { BODY_WIDTH, barsOf, bodyPath, stubPath } from './ticket-shape.js'

// The points of the seam as `L x y` in a path, and nothing else of it.
function teeth(path: string): string[] {
  return (path.match(/L-?[\d.]+ [\d.]+/g) ?? []).slice(0, 22)
}

describe('the shape of a ticket', () => {
  it('has two edges along the seam that fit into each other', () => {
    const points = (path: string, offset: number): string[] =>
      teeth(path)
        .map((point) => {
          const [x = '', y = ''] = point.slice(1).split(' ')
          return `${(Number(x) - offset).toFixed(1)} ${y}`
        })
        .filter((point) => !/ (8|140)$/.test(point))
        .toSorted()
    const body = points(bodyPath(), BODY_WIDTH)
    expect(body.length).toBeGreaterThan(15)
    expect(points(stubPath(), 0)).toEqual(body)
  })

  it('has bars within its width, the same for the same ref and others for another', () => {
    const bars = barsOf('7fAbCdEf', 132)
    expect(bars).toEqual(barsOf('7fAbCdEf', 132))
    expect(bars).not.toEqual(barsOf('7fAbCdEg', 132))
    expect(bars.every(({ x, width }) => x >= 0 && x + width <= 132)).toBe(true)
    expect(barsOf('', 132).length).toBeGreaterThan(10)
  })
})
