import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type InputOptions, type RolldownOutput, rolldown } from 'rolldown'

const SOURCES = new URL('../../packages/client/test/react/', import.meta.url)

/** React's own checks, StrictMode's second mount among them, exist in development only. */
const DEVELOPMENT = { define: { 'process.env.NODE_ENV': '"development"' }, jsx: 'react-jsx' } as const

/** The scene's script for a browser, with React and the package as they are built. */
export async function pageScript(): Promise<string> {
  return await bundled('page.tsx', { platform: 'browser' }, async (build) => {
    const { output } = await build.generate({ format: 'esm' })
    if (output.length !== 1) throw new Error(`The page became ${output.length} files; it takes one`)
    return output[0].code
  })
}

/** What a server renders of the scene. */
export async function renderedMarkup(props: unknown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wsticket-react-'))
  const file = join(folder, 'server.mjs')
  try {
    await bundled('server.tsx', { platform: 'node' }, (build) =>
      build.write({ format: 'esm', file, codeSplitting: false }),
    )
    const module: unknown = await import(pathToFileURL(file).href)
    if (!isRenderer(module)) throw new Error('The server’s bundle has no render()')
    return module.render(props)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function isRenderer(module: unknown): module is { readonly render: (props: unknown) => string } {
  return (
    typeof module === 'object' && module !== null && 'render' in module && typeof module.render === 'function'
  )
}

interface Build {
  generate(options: { format: 'esm' }): Promise<RolldownOutput>
  write(options: { format: 'esm'; file: string; codeSplitting: false }): Promise<RolldownOutput>
}

async function bundled<Result>(
  entry: string,
  options: InputOptions,
  use: (build: Build) => Promise<Result>,
): Promise<Result> {
  const input = fileURLToPath(new URL(entry, SOURCES))
  const build = await rolldown({
    input,
    tsconfig: false,
    logLevel: 'warn',
    // 'use client' is for bundlers that know servers.
    checks: { moduleLevelDirective: false },
    transform: DEVELOPMENT,
    ...options,
  })
  try {
    return await use(build)
  } finally {
    await build.close()
  }
}
