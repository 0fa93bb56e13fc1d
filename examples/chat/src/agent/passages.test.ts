import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plain, splitIntoPassages } from './passages.js'

const split = (markdown: string): (string | readonly string[])[][] =>
  splitIntoPassages('docs/a.md', markdown).map(({ trail, anchor, text }) => [trail.slice(), anchor, text])

describe('splitIntoPassages', () => {
  it('gives each heading its passage, with the headings above it', () => {
    expect(split('# A\n\none\n\n## B\n\ntwo\n\n### C\nthree\n\n## D\n\nfour')).toEqual([
      [['A'], 'a', 'one'],
      [['A', 'B'], 'b', 'two'],
      [['A', 'B', 'C'], 'c', 'three'],
      [['A', 'D'], 'd', 'four'],
    ])
  })

  it('makes anchors as GitHub does', () => {
    const anchors = (headings: string[]): unknown[] =>
      splitIntoPassages('x.md', headings.map((heading) => `## ${heading}\n\ntext\n`).join('\n')).map(
        (p) => p.anchor,
      )
    expect(
      anchors(['`POST /a` & more?', 'Über uns', 'Same', 'Same', 'Same', 'Same-1', 'snake_case', 'a  b']),
    ).toEqual(['post-a--more', 'über-uns', 'same', 'same-1', 'same-2', 'same-1-1', 'snake_case', 'a-b'])
  })

  it('keeps text before the first heading, without an anchor', () => {
    expect(split('intro\n\n# A\n\none')).toEqual([
      [['A'], '', 'intro'],
      [['A'], 'a', 'one'],
    ])
  })

  it('calls a document without a title by its file', () => {
    expect(split('only text')).toEqual([[['a.md'], '', 'only text']])
  })

  it('sees no headings in code, and tells code from prose', () => {
    expect(split('# A\n```sh\n# no\n\nls\n```\nafter\n\n~~~\n```\n# no\n~~~')).toEqual([
      [['A'], 'a', '    # no\n    ls\n\nafter\n\n    ```\n    # no'],
    ])
  })

  it('drops diagrams, comments and front matter', () => {
    expect(split('---\nt: 1\n---\n# A\n<!-- x\n\ny -->\n```mermaid\na --> b\n```\n\ntext')).toEqual([
      [['A'], 'a', 'text'],
    ])
  })

  it('cuts long sections at paragraphs under one anchor', () => {
    const paragraphs = Array.from({ length: 5 }, (_, i) => `${i}${' word'.repeat(100)}`)
    const passages = splitIntoPassages('x.md', `# A\n\n${paragraphs.join('\n\n')}`)
    expect(passages.map((passage) => passage.anchor)).toEqual(['a', 'a', 'a'])
    expect(passages.map((passage) => passage.text).join('\n\n')).toBe(paragraphs.join('\n\n'))
  })

  it('loses no word of any prose and never throws', () => {
    const line = fc.string({
      unit: fc.constantFrom('#', ' ', 'a', 'b', '\n', '`', '|', '-', '<!--', '~~~'),
      maxLength: 80,
    })
    fc.assert(
      fc.property(line, (markdown) => {
        for (const passage of splitIntoPassages('x.md', markdown)) {
          expect(passage.trail.length).toBeGreaterThan(0)
          expect(passage.text).toMatch(/[\p{L}\p{N}]/u)
        }
      }),
    )
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1, maxLength: 50 }), (list) => {
        const text = splitIntoPassages('x.md', list.join('\n\n')).map((passage) => passage.text)
        expect(text.join('\n\n')).toBe(list.join('\n\n'))
      }),
    )
  })
})

it.each([
  ['**bold** and `code`', 'bold and code'],
  ['a [link](https://x.example/a) here', 'a link here'],
  ['![image](x.png) <b>tag</b>', 'image tag'],
  ['*soft* and _also_, snake_case_name 2*3*4', 'soft and also, snake_case_name 2*3*4'],
  ['two\n  lines', 'two lines'],
])('plain(%s) is %s', (markdown, text) => {
  expect(plain(markdown)).toBe(text)
})
