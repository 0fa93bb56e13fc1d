import { mkdir, readFile, rename, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorCode } from './error-code.mjs'

/**
 * A lock is a directory with one file that names its owner. It is made complete elsewhere and renamed into place,
 * so nobody ever sees one without an owner. The owner touches it now and then: a pid alone proves nothing where pids
 * are handed out anew, as in a container that was restarted.
 */
const BEAT_MS = 2_000
/** Without a beat for so long the owner is gone, whoever has its pid now. Ten beats survive a machine that is busy. */
const SILENT_MS = 20_000
const POLL_MS = 100

/** How systems say that a directory is there already: POSIX the first two, Windows the last. */
const IN_THE_WAY = new Set(['ENOTEMPTY', 'EEXIST', 'EPERM'])

let made = 0

/**
 * Runs `work` while no other process holds the same lock. A lock whose owner died is taken over.
 *
 * @template T
 * @param {string} path the directory that stands for the lock
 * @param {() => Promise<T>} work
 * @param {{ onWait?: () => void, silentMs?: number }} [options] `onWait` is called once, when another holds it
 * @returns {Promise<T>}
 */
export async function withLock(path, work, { onWait, silentMs = SILENT_MS } = {}) {
  await mkdir(dirname(path), { recursive: true })
  const token = `${process.pid}.${++made}`
  let waits = false
  while (!(await take(path, token))) {
    if (await isAbandoned(path, silentMs)) {
      await clear(path, silentMs)
      continue
    }
    if (!waits) onWait?.()
    waits = true
    await sleep(POLL_MS)
  }
  const beat = setInterval(() => {
    const now = new Date()
    // Nothing is lost by one beat that fails; if the lock is gone, so is what it protected.
    utimes(join(path, 'owner'), now, now).catch(() => undefined)
  }, BEAT_MS)
  try {
    return await work()
  } finally {
    clearInterval(beat)
    const owner = await readOwner(path).catch(() => undefined)
    if (owner?.token === token) await remove(path)
  }
}

/**
 * @param {string} path
 * @param {string} token
 */
async function take(path, token) {
  const draft = `${path}.${token}`
  await mkdir(draft)
  await writeFile(join(draft, 'owner'), JSON.stringify({ pid: process.pid, host: hostname(), token }))
  try {
    // Fails when the lock is there, since a directory with something in it is never replaced.
    await rename(draft, path)
    return true
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (IN_THE_WAY.has(errorCode(error) ?? '')) return false
    throw error
  }
}

/** @param {string} path */
async function readOwner(path) {
  const text = await readFile(join(path, 'owner'), 'utf8')
  return /** @type {{ pid: number, host: string, token: string }} */ (JSON.parse(text))
}

/**
 * @param {string} path
 * @param {number} silentMs
 */
async function isAbandoned(path, silentMs) {
  try {
    const owner = await readOwner(path)
    const { mtimeMs } = await stat(join(path, 'owner'))
    if (Date.now() - mtimeMs > silentMs) return true
    return owner.host === hostname() && !isAlive(owner.pid)
  } catch {
    // Gone in this moment: its owner is done.
    return false
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}

/**
 * Removes an abandoned lock. Two that found it so at once must not remove each other's new one: hence a second, very
 * short lock, under which the first is looked at again.
 *
 * @param {string} path
 * @param {number} silentMs
 */
async function clear(path, silentMs) {
  const guard = `${path}.clearing`
  try {
    await mkdir(guard)
  } catch {
    const age = await stat(guard).then(
      (found) => Date.now() - found.mtimeMs,
      () => 0,
    )
    if (age > silentMs) await rmdir(guard).catch(() => undefined)
    else await sleep(POLL_MS)
    return
  }
  try {
    if (await isAbandoned(path, silentMs)) await remove(path)
  } finally {
    await rmdir(guard)
  }
}

/**
 * Out of the way first, then away: nobody takes a lock that is half removed.
 *
 * @param {string} path
 */
async function remove(path) {
  const grave = `${path}.${process.pid}.${++made}`
  await rename(path, grave)
  await rm(grave, { recursive: true, force: true })
}
