import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('.', import.meta.url))
const packages = readdirSync(`${root}packages`).filter((name) =>
  existsSync(`${root}packages/${name}/package.json`),
)

interface Manifest {
  name: string
  exports: Record<string, string | { default: string }>
}

/**
 * Leads every published name (`@wsticket/server/ws`) to the source behind it, so that unit tests see the sources as they
 * are now and coverage counts them. Read from the packages' own `exports`, so that a new subpath needs no line here.
 */
const aliases = packages.flatMap((directory) => {
  const manifest = JSON.parse(readFileSync(`${root}packages/${directory}/package.json`, 'utf8')) as Manifest
  return Object.entries(manifest.exports).flatMap(([subpath, target]) => {
    if (typeof target === 'string') return []
    const source = target.default
      .replace('./dist/', `${root}packages/${directory}/src/`)
      .replace(/\.js$/, '.ts')
    return [{ find: new RegExp(`^${manifest.name}${subpath.slice(1)}$`), replacement: source }]
  })
})

/** What requirement L5 asks of every package, each on its own: a well tested one does not lift another. */
const floor = { lines: 95, statements: 95, functions: 95, branches: 95 }

export default defineConfig({
  resolve: { alias: aliases },
  test: {
    include: [
      'packages/*/src/**/*.test.{ts,tsx}',
      'examples/*/src/**/*.test.{ts,tsx}',
      'examples/*/page/**/*.test.{ts,tsx}',
      'scripts/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    exclude: [...configDefaults.exclude, '**/dist/**'],
    // Files share what they have loaded: loading it anew for each took a third of the time. What a test changes, it puts back.
    isolate: false,
    // Many files wait more than they work, for failovers above all: three on two cores. By itself Vitest takes one.
    maxWorkers: 3,
    // Properties and browsers share two cores with coverage; only what hangs takes all of it.
    testTimeout: 20_000,
    // The default of a second is over when another test has the core; what is waited for comes at once, or never.
    expect: { poll: { timeout: 15_000 } },
    restoreMocks: true,
    unstubGlobals: true,
    unstubEnvs: true,
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.{ts,tsx}'],
      exclude: ['**/*.test.{ts,tsx}', '**/*.test-d.ts'],
      reporter: ['text', 'json-summary'],
      reportsDirectory: 'coverage',
      thresholds: Object.fromEntries(packages.map((directory) => [`packages/${directory}/src/**`, floor])),
    },
  },
})
