import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../test/temporary-folder.js'
import { findCircles } from './lib/imports/circles.mjs'
import { readImports } from './lib/imports/read-imports.mjs'
import { findBreaches } from './lib/imports/rules.mjs'
import { readWorkspace } from './lib/imports/workspace.mjs'
import { run } from './lib/run.mjs'

const manifest = (value: object) => JSON.stringify(value)

/** A small workspace of our shape that keeps every rule. */
const sound = {
  'package.json': manifest({ name: 'root', devDependencies: { vitest: '1', '@types/ws': '1' } }),
  'packages/protocol/package.json': manifest({
    name: '@wsticket/protocol',
    exports: { '.': './dist/index.js' },
  }),
  'packages/protocol/src/index.ts': `export { a } from './a.js'\n`,
  'packages/protocol/src/a.ts': 'export const a = 1\n',
  'packages/protocol/src/a.test.ts': `import { it } from 'vitest'\nimport 'node:fs'\nimport '../../../test/probe.js'\n`,
  'packages/server/package.json': manifest({
    name: '@wsticket/server',
    exports: { '.': './dist/index.js', './ws': './dist/adapters/ws.js' },
    dependencies: { '@wsticket/protocol': '1', jose: '6' },
    peerDependencies: { ws: '8' },
  }),
  'packages/server/src/index.ts': `export { x } from './wsticket.js'\nexport { m } from './stores/memory.js'\n`,
  'packages/server/src/wsticket.ts': `import './authority/issue.js'\nimport './stores/memory.js'\n`,
  'packages/server/src/clock.ts': `import 'node:crypto'\n`,
  'packages/server/src/authority/issue.ts': `import type { S } from '../stores/store.js'\nimport '@wsticket/protocol'\n`,
  'packages/server/src/stores/store.ts': `import '../clock.js'\n`,
  'packages/server/src/stores/memory.ts': `import './store.js'\n`,
  'packages/server/src/adapters/ws.ts': `import 'ws'\nimport 'node:http'\nimport type { W } from '../wsticket.js'\n`,
  'packages/server/src/conformance/index.ts': `import 'node:assert/strict'\nimport '../stores/store.js'\n`,
  'packages/server/src/types.test-d.ts': `import '@wsticket/server/ws'\n`,
  'packages/client/package.json': manifest({
    name: '@wsticket/client',
    exports: { '.': './dist/index.js' },
    dependencies: { '@wsticket/protocol': '1' },
    peerDependencies: { react: '18' },
  }),
  'packages/client/src/react/hook.ts': `import 'react'\n`,
  'packages/client/src/index.ts': `import '@wsticket/protocol'\n`,
  'examples/chat/package.json': manifest({
    name: 'chat',
    dependencies: { '@wsticket/server': '1', hono: '4' },
  }),
  'examples/chat/src/main.ts': `import 'hono'\nimport 'node:fs'\nimport '@wsticket/server/ws'\nimport './other.js'\n`,
  'examples/chat/src/other.ts': '',
  'e2e/golden.test.ts': `import '@wsticket/client'\nimport type { WebSocket } from 'ws'\nimport '../test/probe.js'\n`,
  'test/probe.ts': '',
}

async function breachesOf(changed: Record<string, string>): Promise<string[]> {
  const workspace = await readWorkspace(await temporaryFolder({ ...sound, ...changed }))
  return findBreaches(workspace).map(({ path, line, rule }) => `${path}:${line} ${rule}`)
}

describe('the import rules', () => {
  it('find nothing in a workspace that keeps them', async () => {
    const workspace = await readWorkspace(await temporaryFolder(sound))
    expect(findBreaches(workspace)).toEqual([])
    expect(findCircles(workspace.sources)).toEqual([])
  })

  const core = 'packages/server/src/authority/issue.ts'
  const adapter = 'packages/server/src/adapters/ws.ts'
  it.each([
    [
      'protocol imports a package of ours',
      'packages/protocol/src/a.ts',
      '@wsticket/server',
      'direction-of-packages',
    ],
    ['protocol imports anything', 'packages/protocol/src/a.ts', 'jose', 'declared'],
    ['protocol imports from Node', 'packages/protocol/src/a.ts', 'node:crypto', 'runs-anywhere'],
    [
      'client imports the server',
      'packages/client/src/index.ts',
      '@wsticket/server',
      'direction-of-packages',
    ],
    ['client imports from Node', 'packages/client/src/index.ts', 'fs', 'runs-anywhere'],
    [
      'the core of the client imports what stands on it',
      'packages/client/src/core/index.ts',
      '../react/hook.js',
      'core-stands-alone',
    ],
    ['server imports the client', core, '@wsticket/client', 'direction-of-packages'],
    ['server imports itself by name', core, '@wsticket/server', 'direction-of-packages'],
    ['a package reaches into another', core, '../../../protocol/src/a.js', 'stay-inside'],
    [
      'a test reaches into another package',
      'packages/client/src/x.test.ts',
      '../../server/src/index.js',
      'stay-inside',
    ],
    [
      'an example reaches into a package',
      'examples/chat/src/main.ts',
      '../../../packages/server/src/index.js',
      'stay-inside',
    ],
    ['e2e reaches into a package', 'e2e/golden.test.ts', '../packages/server/dist/index.js', 'stay-inside'],
    [
      'an example takes what is not exported',
      'examples/chat/src/main.ts',
      '@wsticket/server/clock',
      'published-names',
    ],
    ['the core names an adapter', core, '../adapters/ws.js', 'core-names-no-adapter'],
    [
      'the composition root names an adapter',
      'packages/server/src/wsticket.ts',
      './adapters/ws.js',
      'core-names-no-adapter',
    ],
    ['the core names a concrete store', core, '../stores/memory.js', 'stores-by-contract'],
    ['an adapter names a concrete store', adapter, '../stores/memory.js', 'stores-by-contract'],
    ['an adapter names the store contract', adapter, '../stores/store.js', 'stores-by-contract'],
    [
      'a store imports the authority',
      'packages/server/src/stores/memory.ts',
      '../authority/issue.js',
      'downwards-only',
    ],
    ['the authority imports http', core, '../http/routes.js', 'downwards-only'],
    ['a folder has no floor', core, '../helpers/x.js', 'known-floors'],
    ['the core imports from Node beside crypto', core, 'node:net', 'core-takes-node-crypto-alone'],
    [
      'the suite imports from Node beside assert',
      'packages/server/src/conformance/index.ts',
      'node:fs',
      'core-takes-node-crypto-alone',
    ],
    ['the core imports an optional peer', core, 'ws', 'peers-behind-subpaths'],
    [
      'a subpath imports the peer of another',
      'packages/client/src/tabs/tab.ts',
      'react',
      'peers-behind-subpaths',
    ],
    ['an import is not declared', core, 'zod', 'declared'],
    ['a published source takes a tool of the root', core, 'vitest', 'declared'],
    ['a test takes what nobody declares', 'packages/client/src/x.test.ts', 'left-pad', 'declared'],
    ['an example takes what it does not declare', 'examples/chat/src/main.ts', 'jose', 'declared'],
  ])('report that %s', async (_what, path, specifier, rule) => {
    const text = `// a first line\n\nimport type { X } from '${specifier}'\n`
    expect(await breachesOf({ [path]: text })).toEqual([`${path}:3 ${rule}`])
  })

  it('give a remedy with every breach', async () => {
    const workspace = await readWorkspace(
      await temporaryFolder({ ...sound, [core]: `import '../adapters/ws.js'\n` }),
    )
    const [breach] = findBreaches(workspace)
    expect(breach?.remedy).toBe('Adapters bring requests to the core; hand over plain data instead.')
  })

  it('find circles, types included, and name the way round', async () => {
    const workspace = await readWorkspace(
      await temporaryFolder({
        ...sound,
        'packages/client/src/a.ts': `import { b } from './b.js'\n`,
        'packages/client/src/b.ts': `\nexport type { C } from './c.js'\n`,
        'packages/client/src/c.ts': `import './d.js'\nexport type C = import('./a.js').A\n`,
        'packages/client/src/d.ts': '',
      }),
    )
    const files = ['a', 'b', 'c', 'a'].map((name) => `packages/client/src/${name}.ts`)
    expect(findCircles(workspace.sources)).toEqual([{ path: files[2], line: 2, circle: files }])
  })
})

describe('readImports', () => {
  it.each([
    [`import 'x'`],
    [`import a from 'x'`],
    [`import type { A } from 'x'`],
    [`import { type A, b } from "x"`],
    [`export { a } from 'x'`],
    [`export type { A } from 'x'`],
    [`export * from 'x'`],
    [`const a = await import('x')`],
    [`type A = import('x').A`],
    [`import a = require('x')`],
    [`const a = require('x')`],
    [`require.resolve('x')`],
    [`import.meta.resolve('x')`],
    [`function f() { return { g: () => import('x') } }`],
  ])('sees the module in %s', (text) => {
    expect(readImports('a.ts', `\n${text}\n`)).toEqual([{ specifier: 'x', line: 2 }])
  })

  it.each([
    [`// import 'x'`],
    [`const a = "import 'x'"`],
    [`const a = \`from 'x'\``],
    [`resolve('x')`],
    ['export const x = 1'],
  ])('sees none in %s', (text) => {
    expect(readImports('a.ts', text)).toEqual([])
  })

  it('reads TSX and refuses what it cannot parse or does not know', () => {
    expect(readImports('a.tsx', `import 'x'\nconst a = <b>text</b>`)).toEqual([{ specifier: 'x', line: 1 }])
    expect(() => readImports('a.ts', 'const = 1')).toThrow('Parse failed')
    expect(() => readImports('a.css', '')).toThrow(TypeError)
  })
})

describe('npm run check:imports', () => {
  const script = fileURLToPath(new URL('check-imports.mjs', import.meta.url))
  const check = async (files: Record<string, string>) =>
    run(process.execPath, [script, await temporaryFolder(files)], { cwd: process.cwd() })

  it('ends well and says how much it looked at', async () => {
    expect(await check(sound)).toMatchObject({ code: 0, output: '28 imports in 18 files keep the rules.\n' })
  })

  it('fails with place, rule and remedy', async () => {
    const ran = await check({
      ...sound,
      'packages/client/src/a.ts': `import './b.js'\nimport '@wsticket/server'\n`,
      'packages/client/src/b.ts': `import './a.js'\n`,
    })
    expect(ran.code).toBe(1)
    expect(ran.output).toContain(
      `packages/client/src/a.ts:2 imports '@wsticket/server' (direction-of-packages)\n`,
    )
    expect(ran.output).toContain('@wsticket/client may import @wsticket/protocol.')
    expect(ran.output).toContain('packages/client/src/b.ts:1 closes a circle (no-circles): ')
  })

  it('fails when there is nothing to check', async () => {
    const ran = await check({ 'package.json': manifest({ name: 'root' }) })
    expect(ran.code).toBe(1)
    expect(ran.output).toContain('nothing was checked')
  })
})
