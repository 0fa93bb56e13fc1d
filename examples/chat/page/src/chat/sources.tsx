import type { JSX } from 'react'
import { Icon } from '../ui/icons.js'
import type { Source } from '../wire/server-message.js'

/** The passages that an answer rests on. */
export function Sources({ sources }: { sources: readonly Source[] }): JSX.Element | null {
  if (sources.length === 0) return null
  return (
    <section className="sources" aria-label="Sources">
      <h3 className="sources__title">Sources</h3>
      <ul className="sources__list">
        {sources.map(({ title, file, anchor }) => (
          <li key={`${file}#${anchor}`} className="source">
            <Icon name="document" />
            <span>
              <span className="source__title">{title.split(' › ').at(-1)}</span>
              <span className="source__file">{anchor === '' ? file : `${file}#${anchor}`}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
