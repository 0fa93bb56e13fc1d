import { parseTicket } from '@wsticket/protocol'
import { expect, onTestFinished, test, vi } from 'vitest'

/** Loads the module anew, over the real comparison, watched: files share what they have loaded. */
async function watched(): Promise<{ secret: typeof import('./secret.js'); compared: { pairs: number } }> {
  const compared = { pairs: 0 }
  vi.resetModules()
  vi.doMock('node:crypto', async (original) => {
    const crypto = await original<typeof import('node:crypto')>()
    const timingSafeEqual: typeof crypto.timingSafeEqual = (a, b) => {
      compared.pairs += 1
      return crypto.timingSafeEqual(a, b)
    }
    return { ...crypto, timingSafeEqual }
  })
  onTestFinished(() => {
    vi.doUnmock('node:crypto')
    vi.resetModules()
  })
  return { secret: await import('./secret.js'), compared }
}

test('sealFits compares in constant time, wherever a forged seal begins to differ', async () => {
  const { secret, compared } = await watched()
  const { mintTicket, sealFits, systemRandom } = secret
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
