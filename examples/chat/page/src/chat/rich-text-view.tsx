import { createElement, Fragment, type JSX } from 'react'
import { type Block, type Inline, readRichText } from './rich-text.js'

/** Draws an answer. All of it goes through React as text; no markup of the answer reaches the page. */
export function RichText({ text }: { text: string }): JSX.Element {
  return <div className="rich-text">{drawBlocks(readRichText(text))}</div>
}

// Positions are keys here: blocks of a streaming text only grow at the end.
function drawBlocks(blocks: readonly Block[]): JSX.Element[] {
  return blocks.map((block, index) => createElement(Fragment, { key: index }, drawBlock(block)))
}

function drawBlock(block: Block): JSX.Element {
  switch (block.kind) {
    case 'paragraph':
      return (
        <p>
          {block.lines.map((line, index) =>
            createElement(Fragment, { key: index }, index > 0 && <br />, ...drawInline(line)),
          )}
        </p>
      )
    case 'heading':
      return <p className="rich-text__heading">{drawInline(block.content)}</p>
    case 'list': {
      const items = block.items.map((item, index) => createElement('li', { key: index }, ...drawInline(item)))
      return block.start === undefined ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>
    }
    case 'quote':
      return <blockquote>{drawBlocks(block.blocks)}</blockquote>
    case 'code':
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled by the keyboard, too.
        <pre tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      )
    case 'table':
      return (
        <div className="rich-text__table">
          <table>
            <tbody>
              {block.rows.map((row, index) =>
                createElement(
                  'tr',
                  { key: index },
                  ...row.map((cell, column) =>
                    createElement(index === 0 ? 'th' : 'td', { key: column }, ...drawInline(cell)),
                  ),
                ),
              )}
            </tbody>
          </table>
        </div>
      )
  }
}

function drawInline(parts: readonly Inline[]): (JSX.Element | string)[] {
  return parts.map((part, index) => {
    if (part.kind === 'text') return part.text
    return createElement(part.kind === 'bold' ? 'strong' : 'code', { key: index }, part.text)
  })
}
