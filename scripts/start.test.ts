import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { afterThisTest } from '../test/cleanups.js'
import { temporaryFolder, writeFiles } from '../test/temporary-folder.js'
import { within } from '../test/within.js'

const scripts = fileURLToPath(new URL('.', import.meta.url))
const INSTALLING = 'Installing packages (about a minute)…'
const BUILDING = 'Building (a few seconds)…'
const WAITING = 'Waiting for another process that is installing or building in this checkout…'
const SLOW_MS = 60_000

/** Stands for tsc: builds a server that tells its environment, and ends with 7 when it is asked to end. */
const TSC = `
  const fs = require('fs')
  while (fs.existsSync('hold')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  if (fs.readFileSync('packages/a/src/a.ts', 'utf8').includes('broken')) {
    console.log('a.ts(1,1): error TS1: it is broken')
    process.exit(2)
  }
  fs.mkdirSync('examples/chat/dist/server/server', { recursive: true })
  fs.writeFileSync('examples/chat/dist/server/server/main.js', \`
    process.on('SIGTERM', () => process.exit(7))
    setInterval(() => {}, 1000)
    console.log('ready ' + process.env.PORT + ' ' + process.env.NODE_ENV)
  \`)`
const VITE = `
  const place = process.argv[process.argv.indexOf('--outDir') + 1]
  require('fs').mkdirSync(place, { recursive: true })
  require('fs').writeFileSync(place + '/index.html', 'page')`

/** A checkout of our shape, whose tools are small and lie beside it, so that npm needs no network. */
async function checkout(more: Record<string, string> = {}): Promise<string> {
  const tools = { typescript: 'file:tools/typescript', vite: 'file:tools/vite' }
  const tool = (name: string) => ({ name, version: '1.0.0' })
  const folder = await temporaryFolder({
    'package.json': JSON.stringify({ name: 'root', type: 'module', devDependencies: tools }),
    'package-lock.json': JSON.stringify({
      name: 'root',
      lockfileVersion: 3,
      packages: {
        '': { name: 'root', devDependencies: tools },
        'node_modules/typescript': { resolved: 'tools/typescript', link: true },
        'node_modules/vite': { resolved: 'tools/vite', link: true },
        'tools/typescript': { version: '1.0.0', dev: true },
        'tools/vite': { version: '1.0.0', dev: true },
      },
    }),
    'tools/typescript/package.json': JSON.stringify(tool('typescript')),
    'tools/typescript/bin/tsc': TSC,
    'tools/vite/package.json': JSON.stringify(tool('vite')),
    'tools/vite/bin/vite.js': VITE,
    'packages/a/src/a.ts': 'export {}',
    'examples/chat/package.json': JSON.stringify({ name: 'chat', type: 'module' }),
    ...more,
  })
  await cp(scripts, join(folder, 'scripts'), { recursive: true })
  return folder
}

interface Start {
  readonly child: ChildProcess
  /** Resolves with everything that it printed, once that contains this. */
  readonly says: (text: string | RegExp) => Promise<string>
  /** Resolves with everything that it printed, once it serves. */
  readonly ready: () => Promise<string>
  /** Resolves with its code and everything it printed. */
  readonly over: () => Promise<{ code: unknown; output: string }>
}

function start(folder: string, env: Record<string, string> = {}, between: readonly string[] = []): Start {
  const { NODE_ENV: _test, ...inherited } = process.env
  const child = spawn(process.execPath, [...between, join(folder, 'scripts/start.mjs')], {
    env: { ...inherited, ...env },
  })
  afterThisTest(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      child.emit('output')
    })
  }
  const says = async (text: string | RegExp) => {
    while (output.search(text) < 0) await within(`"${text}" in ${output}`, once(child, 'output'), SLOW_MS / 2)
    return output
  }
  const closed = once(child, 'close')
  const over = async () => {
    const [code]: unknown[] = await within('the end', closed, SLOW_MS / 2)
    return { code, output }
  }
  return { child, says, ready: () => says(/^ready .*\n/m), over }
}

const lines = (output: string) => output.trimEnd().split('\n')

describe('npm start', { timeout: SLOW_MS }, () => {
  it('installs, builds and serves a fresh clone, and only serves the second time', async () => {
    const folder = await checkout()
    const first = start(folder, { PORT: '1' })
    expect(lines(await first.ready())).toEqual([INSTALLING, BUILDING, 'ready 1 development'])
    const second = start(folder, { PORT: '2', NODE_ENV: 'production' })
    expect(lines(await second.ready())).toEqual(['ready 2 production'])
    expect(await readFile(join(folder, 'examples/chat/dist/page/index.html'), 'utf8')).toBe('page')
    expect(await readdir(join(folder, 'examples/chat/dist'))).toEqual(['page', 'server'])
  })

  it('may be started several times at once: one works, the others say that they wait', async () => {
    const folder = await checkout({ hold: '' })
    const starts = ['1', '2', '3'].map((port) => start(folder, { PORT: port }))
    // The one that builds is held until both others have come to the lock.
    const waiting = starts.map((one) => one.says(/^Waiting/m))
    await Promise.any(waiting.map((_one, at) => Promise.all(waiting.filter((_other, other) => other !== at))))
    await rm(join(folder, 'hold'))
    const said = (await Promise.all(starts.map((one) => one.ready()))).flatMap(lines)
    expect(said.filter((line) => line === INSTALLING)).toHaveLength(1)
    expect(said.filter((line) => line === BUILDING)).toHaveLength(1)
    expect(said.filter((line) => line === WAITING)).toHaveLength(2)
    expect(said.filter((line) => line.startsWith('ready')).sort()).toEqual(
      ['1', '2', '3'].map((port) => `ready ${port} development`),
    )
  })

  it('builds anew after a change of the sources or of what was built, and not after one of a test', async () => {
    const folder = await checkout()
    await start(folder).ready()
    await writeFiles(folder, { 'packages/a/src/a.test.ts': 'changed' })
    expect(lines(await start(folder).ready())).toHaveLength(1)
    await writeFiles(folder, { 'packages/a/src/a.ts': 'changed' })
    expect(lines(await start(folder).ready())[0]).toBe(BUILDING)
    await rm(join(folder, 'examples/chat/dist/page'), { recursive: true })
    expect(lines(await start(folder).ready())[0]).toBe(BUILDING)
  })

  it('passes signals on to the server, and its exit code back', async () => {
    const { child, ready, over } = start(await checkout())
    await ready()
    child.kill('SIGTERM')
    expect(await over()).toMatchObject({ code: 7 })
  })

  // npm's shell died of the signal that was meant for us, and the server went on behind everybody's back.
  it('ends the server when npm is gone', async () => {
    const shell = `
      const { spawn } = require('child_process')
      spawn(process.execPath, [process.argv[1]], { stdio: 'inherit' })
      setInterval(() => {}, 1000)`
    const { child, ready, over } = start(await checkout(), { npm_lifecycle_event: 'start' }, ['-e', shell])
    await ready()
    child.kill('SIGKILL')
    // Its output is closed only when the server, which shares it, has ended as well.
    expect(await over()).toMatchObject({ code: null })
  })

  it('shows the words of a build that fails, says what to do, and does it again next time', async () => {
    const folder = await checkout({ 'packages/a/src/a.ts': 'broken' })
    const failed = await start(folder).over()
    expect(failed.code).toBe(1)
    expect(failed.output).toContain('a.ts(1,1): error TS1: it is broken')
    expect(failed.output).toMatch(
      /wsticket: .*tsc -b --force tsconfig.build.json` failed \(code 2\)\. .*sources/,
    )
    await writeFiles(folder, { 'packages/a/src/a.ts': 'mended' })
    expect(lines(await start(folder).ready())).toHaveLength(2)
  })

  it('shows the words of an install that fails and says what to do', async () => {
    const folder = await checkout({ 'package-lock.json': '{"lockfileVersion":3,"packages":{}}' })
    const failed = await start(folder).over()
    expect(failed.code).toBe(1)
    expect(failed.output).toContain('npm error')
    expect(failed.output).toMatch(/wsticket: .* ci .* failed \(code 1\)\. Is the npm registry reachable/)
  })
})
