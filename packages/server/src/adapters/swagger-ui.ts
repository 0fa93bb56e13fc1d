import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

// The files that the page needs; nothing else of the package can be asked for.
const FILES: Readonly<Record<string, string>> = {
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui.css': 'text/css; charset=utf-8',
}

/** The files of swagger-ui-dist that a page needs. */
export interface SwaggerUi {
  readonly version: string
  /** A file of the allow-list; `undefined` for everything else. */
  file(name: string): Promise<{ readonly type: string; readonly bytes: Uint8Array } | undefined>
}

/** Finds swagger-ui-dist as a module at `from` would. Throws a `TypeError` that says what to install. */
export function findSwaggerUi(from: string | URL): SwaggerUi {
  const require = createRequire(from)
  const manifest = locate(require)
  const folder = dirname(manifest)
  if (!Object.keys(FILES).every((name) => existsSync(join(folder, name)))) throw missing()
  const { version } = require(manifest) as { readonly version: string }
  const read = new Map<string, Promise<Uint8Array>>()
  return {
    version,
    async file(name) {
      const type = Object.hasOwn(FILES, name) ? FILES[name] : undefined
      if (type === undefined) return undefined
      const bytes = read.get(name) ?? readFile(join(folder, name))
      read.set(name, bytes)
      return { type, bytes: await bytes }
    },
  }
}

function locate(require: NodeJS.Require): string {
  try {
    return require.resolve('swagger-ui-dist/package.json')
  } catch (error) {
    throw missing(error)
  }
}

function missing(cause?: unknown): TypeError {
  return new TypeError(
    '@wsticket/server/docs needs swagger-ui-dist 5 beside it. Install it: npm install swagger-ui-dist@5',
    { cause },
  )
}
