import { configDefaults, defineConfig } from 'vitest/config'

/** No aliases: these tests meet what is built and what a user would install, in real processes and browsers. */
export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    // Takes a build for each value of a flag: `npm run test:nextjs`.
    exclude: [...configDefaults.exclude, 'e2e/nextjs/**'],
    // Files share what they have loaded, as the unit tests' do.
    isolate: false,
    testTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 60_000,
    // They wait for browsers, restarts and failovers more than they work.
    maxWorkers: 2,
  },
})
