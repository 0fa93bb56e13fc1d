import fc from 'fast-check'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { readInline, readRichText } from './rich-text.js'
import { RichText } from './rich-text-view.js'

const LONG = 500_000

function html(text: string): string {
  return renderToStaticMarkup(<RichText text={text} />).replace(/^<div class="rich-text">|<\/div>$/g, '')
}

describe('readRichText', () => {
  it('reads paragraphs and keeps their lines', () => {
    expect(html('One\ntwo\n\nthree')).toBe('<p>One<br/>two</p><p>three</p>')
  })

  it('reads lists, numbered ones from where they begin, with lines that go on', () => {
    expect(html('- a\n- b\n  more')).toBe('<ul><li>a</li><li>b more</li></ul>')
    expect(html('3. c\n4. d')).toBe('<ol start="3"><li>c</li><li>d</li></ol>')
  })

  it('reads a list right after a paragraph', () => {
    expect(html('See also:\n- a')).toBe('<p>See also:</p><ul><li>a</li></ul>')
  })

  it('reads quotes with blocks in them', () => {
    expect(html('> One\n>\n> - a')).toBe('<blockquote><p>One</p><ul><li>a</li></ul></blockquote>')
  })

  it('reads headings, tables and fenced code, also before the fence is closed', () => {
    expect(html('## Why')).toBe('<p class="rich-text__heading">Why</p>')
    expect(html('| a | b |\n|---|---|\n| 1 | 2 |')).toContain('<tr><th>a</th><th>b</th></tr><tr><td>1</td>')
    expect(html('```ts\nlet a = **1**\n')).toContain('<code>let a = **1**\n</code>')
    expect(html('```\na\n```\nb')).toMatch(/<code>a<\/code><\/pre><p>b<\/p>/)
  })

  it('reads bold and code, and leaves sums and powers alone', () => {
    expect(readInline('a **b c** `d*e`')).toEqual([
      { kind: 'text', text: 'a ' },
      { kind: 'bold', text: 'b c' },
      { kind: 'text', text: ' ' },
      { kind: 'code', text: 'd*e' },
    ])
    for (const text of ['12*(7+5) = 144', '2**3**2', '** not bold **', 'a ** b', '`open']) {
      expect(readInline(text)).toEqual([{ kind: 'text', text }])
    }
  })

  it('lets no markup of the answer reach the page', () => {
    const attack = '<img src=x onerror=alert(1)> **<b>** `<script>` [x](javascript:alert(1))'
    expect(html(attack)).not.toMatch(/<(img|b|script|a)\b/)
    expect(html(attack)).toContain('&lt;img')
  })

  it('loses no word of any text', () => {
    const piece = fc.constantFrom(
      '> ',
      '- ',
      '1. ',
      '**',
      '`',
      '```',
      '\n',
      ' ',
      '|',
      '# ',
      'word',
      '<i>',
      '*',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }), (pieces) => {
        const shown = html(pieces.join('')).replace(/<[^>]*>/g, ' ')
        const count = pieces.join('').match(/word/g)?.length ?? 0
        // In a fence's own line stands a language, which is not shown.
        if (!pieces.join('').includes('```')) expect(shown.match(/word/g)?.length ?? 0).toBe(count)
      }),
    )
  })

  // No clock is asked, since it says more of the machine than of the code. At this length, whatever looks at each
  // character once more for each of the others would not come to an end.
  it.each([
    ['> '.repeat(LONG), 'quote'],
    ['**'.repeat(LONG), 'paragraph'],
    [`# ${' '.repeat(LONG)}x`, 'heading'],
    [`${'#'.repeat(LONG)}x`, 'paragraph'],
    ['`a'.repeat(LONG), 'paragraph'],
    [`| ${'| '.repeat(LONG)}x`, 'paragraph'],
    [`- ${' '.repeat(LONG)}x`, 'list'],
    [`**${'a '.repeat(LONG)}`, 'paragraph'],
    ['1. '.repeat(LONG), 'list'],
  ])('reads lines that are made to be slow: %.9s… is a %s', (line, kind) => {
    expect(readRichText(line).map((block) => block.kind)).toEqual([kind])
  })
})
