import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const bundles = new Map<string, Promise<string>>()

/** Bundles a page's script with the packages as they are built, once a process. */
export function bundle(entry: URL): Promise<string> {
  const path = fileURLToPath(entry)
  const made = bundles.get(path) ?? bundled(path)
  bundles.set(path, made)
  return made
}

async function bundled(input: string): Promise<string> {
  const build = await rolldown({ input, platform: 'browser', tsconfig: false, logLevel: 'warn' })
  try {
    const { output } = await build.generate({ format: 'esm', sourcemap: false })
    if (output.length !== 1) throw new Error(`${input} became ${output.length} files; a page takes one`)
    return output[0].code
  } finally {
    await build.close()
  }
}
