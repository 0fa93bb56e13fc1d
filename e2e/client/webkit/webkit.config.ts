import { defineConfig } from 'vitest/config'

/** `npm run test:webkit`: what `npm test` sees in Chromium and Firefox, in WebKitGTK. */
export default defineConfig({
  test: { include: ['e2e/client/webkit/scenarios.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
})
