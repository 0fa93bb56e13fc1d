import { vi } from 'vitest'

/** Waits until a check passes: as long as real sockets may take on a machine that is busy with other tests. */
export function eventually<Checked>(check: () => Checked | Promise<Checked>): Promise<Checked> {
  return vi.waitFor(check, { timeout: 15_000 })
}
