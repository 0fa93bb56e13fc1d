import { expect, it } from 'vitest'
import { nodeComplaint } from './node-version.mjs'

it.each([['20.19.0'], ['20.20.1'], ['22.0.0'], ['24.1.0-nightly']])('Node %s will do', (version) => {
  expect(nodeComplaint(version)).toBeUndefined()
})

it.each([['20.18.3'], ['18.20.0'], ['8.0.0']])(
  'Node %s is too old, and the answer says what to do',
  (version) => {
    expect(nodeComplaint(version)).toBe(
      `wsticket: this is Node ${version}; it must be 20.19 or newer. ` +
        'Install one from https://nodejs.org/en/download and try again.',
    )
  },
)
