import { parseTicket } from '@wsticket/protocol'
import { expect, test, vi } from 'vitest'

const compared = vi.hoisted(() => ({ pairs: 0 }))

// The real comparison, watched.
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>()
  const timingSafeEqual: typeof crypto.timingSafeEqual = (a, b) => {
    compared.pairs += 1
    return crypto.timingSafeEqual(a, b)
  }
  return { ...crypto, timingSafeEqual }
})

test('sealFits compares in constant time, wherever a forged seal begins to differ', async () => {
  const { mintTicket, sealFits, systemRandom } = await import('./secret.js')
  const key = new Uint8Array(32).fill(7)
  const { ticket } = mintTicket('7f'.repeat(32), key, systemRandom)
  for (const at of [50, 55, 60]) {
    const other = ticket[at] === 'A' ? 'B' : 'A'
    const parts = parseTicket(ticket.slice(0, at) + other + ticket.slice(at + 1))
    const before = compared.pairs
    expect(parts !== undefined && sealFits(parts, [key])).toBe(false)
    expect(compared.pairs).toBe(before + 1)
  }
})
