import { defineConfig } from 'vitest/config'

/** The Next.js example as `next build` makes it. A command of its own, since each value of a flag takes a build. */
export default defineConfig({
  test: {
    include: ['e2e/nextjs/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
