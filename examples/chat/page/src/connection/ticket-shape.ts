// The outlines of the paper. Body and stub share one seam, whose teeth fit into each other until they are torn apart.

export const TICKET_HEIGHT = 148
export const BODY_WIDTH = 208
export const STUB_WIDTH = 88

const CORNER = 10
// The half circles that are punched out at both ends of the seam.
const NOTCH = 8
const TOOTH = 6
// How far each tooth stands out. Paper does not tear evenly.
const TEETH = [1.4, -1.8, 2.2, -1.2, 1.8, -2.2, 1.1, -1.6, 2.4, -1.9, 1.3] as const

/** The outline of the part that is kept: its right edge is the seam. */
export function bodyPath(): string {
  const width = BODY_WIDTH
  const height = TICKET_HEIGHT
  return [
    `M${CORNER} 0H${width - NOTCH}`,
    `A${NOTCH} ${NOTCH} 0 0 0 ${width} ${NOTCH}`,
    ...seam().map(({ x, y }) => `L${round(width + x)} ${y}`),
    `L${width} ${height - NOTCH}`,
    `A${NOTCH} ${NOTCH} 0 0 0 ${width - NOTCH} ${height}`,
    `H${CORNER}A${CORNER} ${CORNER} 0 0 1 0 ${height - CORNER}V${CORNER}`,
    `A${CORNER} ${CORNER} 0 0 1 ${CORNER} 0Z`,
  ].join('')
}

/** The outline of the part that is torn off: its left edge is the seam. */
export function stubPath(): string {
  const width = STUB_WIDTH
  const height = TICKET_HEIGHT
  return [
    `M${NOTCH} 0H${width - CORNER}A${CORNER} ${CORNER} 0 0 1 ${width} ${CORNER}`,
    `V${height - CORNER}A${CORNER} ${CORNER} 0 0 1 ${width - CORNER} ${height}H${NOTCH}`,
    `A${NOTCH} ${NOTCH} 0 0 0 0 ${height - NOTCH}`,
    ...seam()
      .toReversed()
      .map(({ x, y }) => `L${round(x)} ${y}`),
    `L0 ${NOTCH}A${NOTCH} ${NOTCH} 0 0 0 ${NOTCH} 0Z`,
  ].join('')
}

/** The line of holes along the seam. */
export function seamPath(): string {
  return `M${BODY_WIDTH} ${NOTCH + 5}V${TICKET_HEIGHT - NOTCH}`
}

/** A bar code of a ref: the same for the same ref, and of nothing secret. Positions and widths in units of the drawing. */
export function barsOf(ref: string, width: number): { readonly x: number; readonly width: number }[] {
  const bars: { x: number; width: number }[] = []
  let x = 0
  for (let index = 0; x < width; index++) {
    const code = ref.length === 0 ? index * 7 : ref.charCodeAt(index % ref.length) + index * 5
    const bar = 1 + (code % 3)
    if (x + bar <= width) bars.push({ x, width: bar })
    x += bar + 1 + ((code >> 2) % 3)
  }
  return bars
}

function seam(): { readonly x: number; readonly y: number }[] {
  const count = Math.floor((TICKET_HEIGHT - 2 * NOTCH) / TOOTH)
  return Array.from({ length: count }, (_, index) => ({
    x: TEETH[index % TEETH.length] ?? 0,
    y: NOTCH + TOOTH * index + TOOTH / 2,
  }))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
