import { describe, expect, it, vi } from 'vitest'
import { findPrograms } from './system-packages.mjs'

const node = { variable: 'NODE_PATH_FOR_TEST', path: process.execPath, debian: 'nodejs' }
const gone = { variable: 'GONE_PATH', path: '/usr/bin/no-such-program', debian: 'no-such-program' }

describe('findPrograms', () => {
  it('finds what is there and installs nothing', async () => {
    const say = vi.fn()
    expect(await findPrograms([node], { say, env: {}, isRoot: true })).toEqual({
      NODE_PATH_FOR_TEST: process.execPath,
    })
    expect(say).not.toHaveBeenCalled()
  })

  it('takes the path that the environment names instead of installing', async () => {
    const env = { GONE_PATH: process.execPath }
    expect(await findPrograms([gone], { say: vi.fn(), env, isRoot: true })).toEqual({
      GONE_PATH: process.execPath,
    })
  })

  it('refuses a path that cannot be run, whatever else is installed', async () => {
    const finding = findPrograms([node], {
      say: vi.fn(),
      env: { NODE_PATH_FOR_TEST: '/dev/null/x' },
      isRoot: true,
    })
    await expect(finding).rejects.toThrow(
      'wsticket: NODE_PATH_FOR_TEST is "/dev/null/x"; it must be the path of',
    )
  })

  it('fails without root and says how to install what is missing', async () => {
    const finding = findPrograms([node, gone], { say: vi.fn(), env: {}, isRoot: false })
    await expect(finding).rejects.toThrow('sudo apt-get install --no-install-recommends no-such-program.')
    await expect(finding).rejects.toThrow('set GONE_PATH.')
  })
})
