import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const PACKAGES = ['client', 'protocol']

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
        PACKAGES.map((name) => [`@wsticket/${name}$`, file(`../../../../packages/${name}/src/index.ts`)]),
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
