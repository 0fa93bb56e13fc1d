/**
 * `npm run check:packages`: the packages as a user gets them. Packs them, looks at them with publint and attw, installs
 * them into an empty folder, imports every entry point, and runs the README's examples there.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { orExplain } from './lib/explain.mjs'
import { add, importAll, makeConsumer, peersOf } from './lib/packages/consumer.mjs'
import { complaintsAbout, entryPoints, packAll } from './lib/packages/pack.mjs'
import { checkReadme } from './lib/readme/check.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

/** @param {string} folder */
async function check(folder) {
  const packages = await packAll(root, folder)
  const complaints = []
  for (const packed of packages) complaints.push(...(await complaintsAbout(packed, root)))

  const consumer = join(folder, 'consumer')
  await makeConsumer(consumer, packages)
  complaints.push(...(await importAll(consumer, packages, { withPeers: false })))
  await add(consumer, [...peersOf(packages), ...(await typesOf(['@types/node', '@types/ws']))])
  complaints.push(...(await importAll(consumer, packages, { withPeers: true })))
  complaints.push(
    ...(await checkReadme(root, consumer).catch((/** @type {unknown} */ error) => [String(error)])),
  )

  const names = packages.flatMap(entryPoints)
  if (names.length === 0) complaints.push('There is no entry point at all: nothing was checked.')
  for (const complaint of complaints) console.error(`${complaint}\n`)
  if (complaints.length > 0) process.exitCode = 1
  else
    console.log(
      `${packages.length} packages with ${names.length} entry points, and the README's examples, are sound.`,
    )
}

/**
 * Declarations that a user of TypeScript installs too, at our versions.
 *
 * @param {readonly string[]} names
 */
async function typesOf(names) {
  const text = await readFile(join(root, 'package.json'), 'utf8')
  const { devDependencies: versions } = /** @type {{ devDependencies: Record<string, string> }} */ (
    JSON.parse(text)
  )
  return names.map((name) => `${name}@${versions[name]}`)
}

await orExplain(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wsticket-packages-'))
  try {
    await check(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
