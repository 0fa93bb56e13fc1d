import { defineConfig } from 'vitest/config'

/** `npm run test:browsers:long`: what takes minutes because browsers take them. */
export default defineConfig({
  test: { include: ['e2e/client/long/scenarios.ts'], testTimeout: 15 * 60_000, hookTimeout: 60_000 },
})
