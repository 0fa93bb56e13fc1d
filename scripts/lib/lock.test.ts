import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../test/temporary-folder.js'
import { withLock } from './lock.mjs'

/** Leaves a lock as a process with this pid would. */
async function leaveLock(path: string, owner: { pid: number; host: string }): Promise<void> {
  await mkdir(path)
  await writeFile(join(path, 'owner'), JSON.stringify({ ...owner, token: 'other' }))
}

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  return child.pid ?? 0
}

describe('withLock', () => {
  it('lets one in at a time, tells each who waits once, and leaves nothing behind', async () => {
    const folder = await temporaryFolder()
    let inside = 0
    let most = 0
    const onWait = vi.fn()
    const work = async () => {
      inside += 1
      most = Math.max(most, inside)
      await vi.waitFor(() => expect(onWait).toHaveBeenCalledTimes(2))
      inside -= 1
      return inside
    }
    const results = await Promise.all(
      [1, 2, 3].map(() => withLock(join(folder, 'deep', 'lock'), work, { onWait })),
    )
    expect(results).toEqual([0, 0, 0])
    expect(most).toBe(1)
    expect(await readdir(join(folder, 'deep'))).toEqual([])
  })

  it('gives the lock back when the work fails', async () => {
    const folder = await temporaryFolder()
    const failing = withLock(join(folder, 'lock'), () => Promise.reject(new Error('no')))
    await expect(failing).rejects.toThrow('no')
    expect(await readdir(folder)).toEqual([])
  })

  it('takes over from an owner that died', async () => {
    const folder = await temporaryFolder()
    await leaveLock(join(folder, 'lock'), { pid: await deadPid(), host: hostname() })
    const onWait = vi.fn()
    const works = ['a', 'b', 'c'].map((name) => withLock(join(folder, 'lock'), async () => name, { onWait }))
    expect(await Promise.all(works)).toEqual(['a', 'b', 'c'])
    expect(await readdir(folder)).toEqual([])
  })

  it('takes over from an owner that has been silent, whoever has its pid now', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'lock')
    await leaveLock(path, { pid: process.pid, host: hostname() })
    const longAgo = new Date(Date.now() - 60_000)
    await utimes(join(path, 'owner'), longAgo, longAgo)
    expect(await withLock(path, async () => 'mine')).toBe('mine')
  })

  it('waits for an owner on another machine, whose pids mean nothing here', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'lock')
    await leaveLock(path, { pid: await deadPid(), host: 'elsewhere' })
    let waited = false
    const result = withLock(path, async () => waited, {
      onWait: () => {
        waited = true
        const longAgo = new Date(Date.now() - 60_000)
        utimes(join(path, 'owner'), longAgo, longAgo).catch(() => undefined)
      },
    })
    expect(await result).toBe(true)
  })

  it('fails where no lock can be made, rather than wait for ever', async () => {
    const folder = await temporaryFolder({ file: '' })
    await expect(withLock(join(folder, 'file', 'lock'), async () => 1)).rejects.toThrow(/EEXIST|ENOTDIR/)
  })
})
