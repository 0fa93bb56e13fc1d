import { describe, expect, it } from 'vitest'
import { createLibrary } from './library.js'
import { splitIntoPassages } from './passages.js'
import { createToolbox, showInput } from './tools.js'

const passages = splitIntoPassages('README.md', '# House\n\n## Heron\n\nA heron stands in the water.')
const toolbox = createToolbox({ library: createLibrary(passages), now: () => Date.UTC(2030, 0, 1) })

describe('a tool', () => {
  it('says what it found', () => {
    expect(toolbox.run('search_documents', { query: 'heron' })).toMatchObject({
      ok: true,
      output: 'House › Heron (README.md): A heron stands in the water.',
      sources: [{ title: 'House › Heron', file: 'README.md', anchor: 'heron' }],
    })
    expect(toolbox.run('search_documents', { query: 'walrus' })).toEqual({
      ok: true,
      output: 'Nothing about this in 1 passages.',
      findings: [],
    })
    expect(toolbox.run('calculate', { expression: '0.1+0.2' })).toEqual({ ok: true, output: '0.3' })
    expect(toolbox.run('current_time', { place: 'utc' })).toMatchObject({
      ok: true,
      output: '00:00 on Tuesday, 1 January 2030 (UTC)',
    })
    expect(toolbox.run('current_time', {})).toMatchObject({ ok: true })
  })

  it.each([
    ['calculate', {}],
    ['calculate', { expression: '' }],
    ['calculate', { expression: 7 }],
    ['calculate', { expression: '1', more: '2' }],
    ['search_documents', 'heron'],
    ['search_documents', undefined],
    ['search_documents', { query: 'x'.repeat(9000) }],
    ['current_time', { zone: 'UTC' }],
  ])('%s refuses %j without an exception', (name, input) => {
    expect(toolbox.run(name, input)).toEqual({
      ok: false,
      output: expect.stringMatching(`^${name} takes an object`) as unknown,
    })
  })

  it('that does not exist is no reason to break', () => {
    expect(toolbox.run('rm', { query: 'x' })).toEqual({ ok: false, output: 'There is no tool of this name.' })
  })
})

it('shows an input as texts of a bounded length', () => {
  expect(showInput({ a: 'x'.repeat(600), b: { c: 1 }, d: undefined })).toEqual({
    a: 'x'.repeat(500),
    b: '{"c":1}',
    d: '',
  })
  expect(showInput(undefined)).toEqual({})
  expect(showInput('text')).toEqual({})
})
