import type { JSX } from 'react'
import type { Stub } from './stub.js'
import {
  BODY_WIDTH,
  barsOf,
  bodyPath,
  STUB_WIDTH,
  seamPath,
  stubPath,
  TICKET_HEIGHT,
} from './ticket-shape.js'

/** The words on the paper. */
export interface Printed {
  readonly title: string
  readonly refText: string
  /** In the ring: the seconds left, or a sign that there are none. */
  readonly ringText: string
  readonly ringLabel?: string
  /** What stood in the ring before it was torn; seen until then. */
  readonly ringBefore?: string
  /** From 1 (all of its life is left) to 0. */
  readonly ringLeft: number
  readonly stamp?: { readonly text: string; readonly detail?: string }
}

const BARS_WIDTH = 132

/** Draws a ticket: whole, or torn along its seam. */
export function TicketPaper({ stub, printed }: { stub: Stub; printed: Printed }): JSX.Element {
  const { title, refText, ringText, ringLabel = 'seconds', ringBefore, ringLeft, stamp } = printed
  return (
    <div className="ticket" data-phase={stub.phase}>
      <div className="ticket__body">
        <svg
          className="ticket__paper"
          width={BODY_WIDTH}
          height={TICKET_HEIGHT}
          aria-hidden="true"
          focusable="false"
        >
          <path className="ticket__shape" d={bodyPath()} />
          <rect
            className="ticket__frame"
            x="7"
            y="7"
            width={BODY_WIDTH - 20}
            height={TICKET_HEIGHT - 14}
            rx="5"
          />
          <path className="ticket__seam" d={seamPath()} />
        </svg>
        <div className="ticket__print">
          <span className="ticket__kind">
            <span>{title}</span>
            <span>Single use</span>
          </span>
          <span className="ticket__route">WebSocket /ws</span>
          <span className="ticket__ref">{refText}</span>
          <svg
            className="ticket__bars"
            viewBox={`0 0 ${BARS_WIDTH} 24`}
            preserveAspectRatio="xMinYMid meet"
            aria-hidden="true"
            focusable="false"
          >
            {barsOf(refText, BARS_WIDTH).map((bar) => (
              <rect key={bar.x} x={bar.x} y="0" width={bar.width} height="24" />
            ))}
          </svg>
        </div>
        {stamp !== undefined && (
          <span className="ticket__stamp">
            {stamp.text}
            {stamp.detail !== undefined && <small>{stamp.detail}</small>}
          </span>
        )}
      </div>
      <div className="ticket__stub">
        <svg
          className="ticket__paper"
          width={STUB_WIDTH}
          height={TICKET_HEIGHT}
          aria-hidden="true"
          focusable="false"
        >
          <path className="ticket__shape" d={stubPath()} />
        </svg>
        <div className="ticket__ring">
          <svg viewBox="0 0 60 60" width="60" height="60" aria-hidden="true" focusable="false">
            <circle className="ticket__ring-track" cx="30" cy="30" r="26" />
            <circle
              className="ticket__ring-left"
              cx="30"
              cy="30"
              r="26"
              pathLength="1"
              strokeDasharray="1"
              strokeDashoffset={1 - Math.min(1, Math.max(0, ringLeft))}
            />
          </svg>
          <span className="ticket__ring-text">{ringText}</span>
          {ringBefore !== undefined && <span className="ticket__ring-before">{ringBefore}</span>}
        </div>
        <span className="ticket__ring-label">{ringLabel}</span>
      </div>
    </div>
  )
}
