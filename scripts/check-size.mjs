/**
 * `npm run check:size`: what a page pays for the client, in bytes after minifying and gzip, against limits that only go
 * down. Core and client are what `import { TicketSocket }` costs from there; a subpath is what it costs on top of the client.
 */
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { orExplain } from './lib/explain.mjs'

/** Source, socket, outbox and reconnects: `@wsticket/client/core`. */
const CORE_LIMIT = 4_999
/** The same with renewal, sleep, diagnosis' hooks and all kinds of sources: `@wsticket/client`. */
const CLIENT_LIMIT = 9_200
/** @type {Readonly<Record<string, number>>} */
const SUBPATH_LIMITS = {
  diagnosis: 1_900,
  fallback: 1_850,
  libraries: 500,
  react: 1_400,
  spare: 900,
  tabs: 1_400,
}

const packages = fileURLToPath(new URL('../packages/', import.meta.url))
const CORE = `export { TicketSocket } from '${packages}client/dist/core/index.js'`
const CLIENT = `export { TicketSocket } from '${packages}client/dist/index.js'`

/** @param {string} code of the module whose exports are used */
async function sizeOf(code) {
  const bundle = await rolldown({
    input: 'entry.js',
    external: /^react/,
    // It is about the sizes alone: what marks code of React for the browser may get lost.
    onLog: (level, log, next) => {
      if (log.code !== 'MODULE_LEVEL_DIRECTIVE') next(level, log)
    },
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry.js' ? id : undefined),
        load: (id) => (id === 'entry.js' ? code : undefined),
      },
    ],
  })
  const { output } = await bundle.generate({ format: 'esm', minify: true })
  await bundle.close()
  return gzipSync(output[0].code, { level: 9 }).length
}

/**
 * @param {string} name
 * @param {number} size
 * @param {number} limit
 */
function report(name, size, limit) {
  const bytes = (/** @type {number} */ count) => `${count.toLocaleString('en')} B`
  console.log(`${name.padEnd(12)} ${bytes(size).padStart(9)}  of at most ${bytes(limit).padStart(9)}`)
  if (size <= limit) return
  console.error(`${name} has grown beyond its limit. Make it smaller; scripts/check-size.mjs has the limits.`)
  process.exitCode = 1
}

await orExplain(async () => {
  report('core', await sizeOf(CORE), CORE_LIMIT)
  const client = await sizeOf(CLIENT)
  report('client', client, CLIENT_LIMIT)
  for (const [name, limit] of Object.entries(SUBPATH_LIMITS)) {
    const both = await sizeOf(`${CLIENT}\nexport * from '${packages}client/dist/${name}/index.js'`)
    report(name, both - client, limit)
  }
})
