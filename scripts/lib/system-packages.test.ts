import { chmod, readFile } from 'node:fs/promises'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../test/temporary-folder.js'
import { findPrograms } from './system-packages.mjs'

const node = { variable: 'NODE_PATH_FOR_TEST', path: process.execPath, debian: 'nodejs' }
const who = 'the show needs'
const gone = { variable: 'GONE_PATH', path: '/usr/bin/no-such-program', debian: 'no-such-program' }

describe('findPrograms', () => {
  it('finds what is there and installs nothing', async () => {
    const say = vi.fn()
    expect(await findPrograms([node], { say, env: {}, who, isRoot: true })).toEqual({
      NODE_PATH_FOR_TEST: process.execPath,
    })
    expect(say).not.toHaveBeenCalled()
  })

  it('takes the path that the environment names instead of installing', async () => {
    const env = { GONE_PATH: process.execPath }
    expect(await findPrograms([gone], { say: vi.fn(), env, who, isRoot: true })).toEqual({
      GONE_PATH: process.execPath,
    })
  })

  it('refuses a path that cannot be run, whatever else is installed', async () => {
    const finding = findPrograms([node], {
      say: vi.fn(),
      env: { NODE_PATH_FOR_TEST: '/dev/null/x' },
      who,
      isRoot: true,
    })
    await expect(finding).rejects.toThrow(
      'wsticket: NODE_PATH_FOR_TEST is "/dev/null/x"; it must be the path of',
    )
  })

  it('fails without root and says how to install what is missing', async () => {
    const finding = findPrograms([node, gone], { say: vi.fn(), env: {}, who, isRoot: false })
    await expect(finding).rejects.toThrow(
      'wsticket: the show needs no-such-program, which is not installed, and only root may install it. On Debian: ' +
        'sudo apt-get update && sudo apt-get install --no-install-recommends no-such-program. ' +
        'Elsewhere: install it in your way and set GONE_PATH.',
    )
  })

  it('names all that is missing, as one would say it', async () => {
    const lost = { variable: 'LOST_PATH', path: '/usr/bin/lost', debian: 'lost' }
    const third = { variable: 'THIRD_PATH', path: '/usr/bin/third', debian: 'third' }
    const options = { say: vi.fn(), env: {}, who, isRoot: false }
    await expect(findPrograms([gone, lost], options)).rejects.toThrow(
      'the show needs no-such-program and lost, which are not installed, and only root may install them. On Debian: ' +
        'sudo apt-get update && sudo apt-get install --no-install-recommends no-such-program lost. ' +
        'Elsewhere: install them in your way and set GONE_PATH and LOST_PATH.',
    )
    await expect(findPrograms([gone, lost, third], options)).rejects.toThrow(
      'needs no-such-program, lost and third,',
    )
  })

  it('installs what is missing, and lets no server start by itself', async () => {
    const folder = await temporaryFolder({
      'apt-get': [
        '#!/bin/sh',
        'echo "$@ RUNLEVEL=$RUNLEVEL SYSTEMD_OFFLINE=$SYSTEMD_OFFLINE" >> "$0.log"',
        'case $* in *install*) cp "$0" "$(dirname "$0")/redis-server" ;; esac',
      ].join('\n'),
    })
    await chmod(`${folder}/apt-get`, 0o755)
    const redis = { variable: 'REDIS_SERVER_PATH', path: `${folder}/redis-server`, debian: 'redis-server' }
    const say = vi.fn()
    const paths = await findPrograms([redis], {
      say,
      env: {},
      who,
      isRoot: true,
      aptGet: `${folder}/apt-get`,
    })
    expect(paths).toEqual({ REDIS_SERVER_PATH: redis.path })
    expect(say).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('Installing redis-server with apt'))
    const [update, install] = (await readFile(`${folder}/apt-get.log`, 'utf8')).split('\n')
    expect(update).toMatch(/ update RUNLEVEL=1 SYSTEMD_OFFLINE=1$/)
    expect(install).toMatch(/ install .*redis-server RUNLEVEL=1 SYSTEMD_OFFLINE=1$/)
  })

  it('says what apt said when it could not install, or installed no program', async () => {
    const folder = await temporaryFolder({
      'apt-get': '#!/bin/sh\ncase $* in *install*broken*) echo "E: no such thing"; exit 100 ;; esac\n',
    })
    await chmod(`${folder}/apt-get`, 0o755)
    const options = { say: vi.fn(), env: {}, who, isRoot: true, aptGet: `${folder}/apt-get` }
    await expect(findPrograms([{ ...gone, debian: 'broken' }], options)).rejects.toThrow(
      'the show needs broken, and apt-get could not install it:\nE: no such thing',
    )
    await expect(findPrograms([gone], options)).rejects.toThrow(
      'and apt-get left no /usr/bin/no-such-program. On Debian:',
    )
    await expect(findPrograms([gone], { ...options, aptGet: `${folder}/no-apt-get` })).rejects.toThrow(
      'and there is no apt-get here',
    )
  })
})
