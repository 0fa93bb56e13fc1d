import type { JSX } from 'react'
import { Icon, type IconName } from '../ui/icons.js'
import type { EntryKind, TimelineEntry } from './timeline.js'
import { timeOfDay } from './words.js'

const ICONS: Readonly<Record<EntryKind, IconName>> = {
  ticket: 'ticket',
  connecting: 'plug',
  admitted: 'check',
  renewed: 'refresh',
  dropped: 'unplug',
  refused: 'shield',
  revoked: 'cross',
  closed: 'cross',
  waiting: 'wait',
  offline: 'offline',
  blocked: 'blocked',
  diagnosis: 'search',
  woke: 'sun',
  downgrade: 'down',
  token: 'key',
  replay: 'replay',
  logout: 'exit',
  node: 'server',
  redis: 'database',
}

export function TimelineList({ timeline }: { timeline: readonly TimelineEntry[] }): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled by the keyboard, too.
    <ol className="timeline" tabIndex={0} aria-label="What happened, the newest first">
      {timeline.map(({ id, at, kind, tone, title, detail, code }) => (
        <li key={id} className="timeline__entry" data-tone={tone} data-kind={kind}>
          <span className="timeline__icon">
            <Icon name={ICONS[kind]} />
          </span>
          <span className="timeline__title">{title}</span>
          <time className="timeline__time" dateTime={new Date(at).toISOString()}>
            {timeOfDay(at)}
          </time>
          {(detail !== undefined || code !== undefined) && (
            <span className="timeline__detail">
              {detail} {code !== undefined && <code className="code">{code}</code>}
            </span>
          )}
        </li>
      ))}
    </ol>
  )
}
