import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

// By what they are imported as: else there would be two copies of a class.
const SOURCES = { client: 'client/src', 'client/libraries': 'client/src/libraries', protocol: 'protocol/src' }

/** Bundles the script of the page, with our packages' sources as they are. */
export async function bundlePage(): Promise<string> {
  const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
  const bundle = await rolldown({
    input: file('page.ts'),
    platform: 'browser',
    tsconfig: false,
    logLevel: 'warn',
    resolve: {
      alias: Object.fromEntries(
        Object.entries(SOURCES).map(([name, folder]) => [
          `@wsticket/${name}$`,
          file(`../../../../packages/${folder}/index.ts`),
        ]),
      ),
      extensionAlias: { '.js': ['.ts', '.js'] },
    },
  })
  try {
    const { output } = await bundle.generate({ format: 'esm' })
    return output[0].code
  } finally {
    await bundle.close()
  }
}
