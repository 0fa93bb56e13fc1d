import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { afterThisTest } from '../../test/cleanups.js'
import { temporaryFolder } from '../../test/temporary-folder.js'
import { CommandFailed, npm, run, runOrFail } from './run.mjs'

const node = process.execPath
const cwd = process.cwd()

describe('run', () => {
  it('keeps both streams and the code', async () => {
    const script = `console.log('out'); console.error('err'); process.exitCode = 3`
    const ran = await run(node, ['-e', script], { cwd })
    expect(ran).toMatchObject({ code: 3, signal: null })
    expect(ran.output.split('\n').sort()).toEqual(['', 'err', 'out'])
  })

  it('has no input to give', async () => {
    const ran = await run(node, ['-e', `process.stdin.on('end', () => console.log('end')).resume()`], { cwd })
    expect(ran.output).toBe('end\n')
  })

  it('kills what takes too long, with all that it started, and says so', async () => {
    const child = `setInterval(() => {}, 1000)`
    const script = `require('child_process').spawn(process.execPath, ['-e', '${child}'], { stdio: 'inherit' }); ${child}`
    const ran = await run(node, ['-e', script], { cwd, limitMs: 300 })
    // It is over only when the grandchild, too, has let go of the streams.
    expect(ran).toEqual({ code: null, signal: 'SIGKILL', output: '\nKilled: not over after 0.3 s.\n' })
  })

  // Ctrl-C left an `npm ci` running, which then fought with that of the next start.
  it('stays until an interrupted tool has tidied up, and is then ended by the same signal', async () => {
    const folder = await temporaryFolder()
    const ready = join(folder, 'ready')
    const tidied = join(folder, 'tidied')
    const tool = `
      const { writeFileSync } = require('fs')
      process.on('SIGTERM', () => setTimeout(() => { writeFileSync(${JSON.stringify(tidied)}, ''); process.exit(7) }, 100))
      setInterval(() => {}, 1000)
      writeFileSync(${JSON.stringify(ready)}, '')`
    const program = `
      import { run } from ${JSON.stringify(new URL('run.mjs', import.meta.url).href)}
      await run(process.execPath, ['-e', ${JSON.stringify(tool)}], { cwd: process.cwd() })`
    const child = spawn(node, ['--input-type=module', '-e', program], { stdio: 'inherit' })
    afterThisTest(() => child.kill('SIGKILL'))
    const ended = once(child, 'exit')
    await vi.waitUntil(() => existsSync(ready), { timeout: 5000 })
    child.kill('SIGINT')
    expect(await ended).toEqual([null, 'SIGINT'])
    expect(existsSync(tidied)).toBe(true)
  })

  it('rejects when there is no such command', async () => {
    await expect(run('/no/such/command', [], { cwd })).rejects.toThrow('ENOENT')
  })
})

describe('runOrFail', () => {
  it('returns what was printed', async () => {
    expect(await runOrFail(node, ['-p', '1+1'], { cwd, remedy: '' })).toBe('2\n')
  })

  it('fails with the command, the code, the remedy and the output', async () => {
    const failing = runOrFail(node, ['-p', '7; process.exit(2)'], { cwd, remedy: 'Do better.' })
    const error = await failing.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CommandFailed)
    expect(error).toMatchObject({
      message: `wsticket: \`${node} -p 7; process.exit(2)\` failed (code 2). Do better.`,
      output: '',
    })
  })

  it('fails with the remedy when there is no such command', async () => {
    const failing = runOrFail('/no/such/command', [], { cwd, remedy: 'Install it.' })
    await expect(failing).rejects.toThrow(/could not be started .*ENOENT.* Install it\./)
  })
})

describe('npm', () => {
  it('is the one that started this script', () => {
    expect(npm({ npm_execpath: '/x/npm-cli.js' })).toEqual({ command: node, args: ['/x/npm-cli.js'] })
  })

  it('is the one on the path when another tool or nobody did', () => {
    expect(npm({ npm_execpath: '/x/yarn.js' }).args).toEqual([])
    expect(npm({}).args).toEqual([])
  })
})
