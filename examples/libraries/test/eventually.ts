import { vi } from 'vitest'

/** Waits until a check passes. Longer than Vitest's own second: other tests may take both cores. */
export function eventually(check: () => unknown): Promise<unknown> {
  return vi.waitFor(check, { timeout: 10_000, interval: 10 })
}
