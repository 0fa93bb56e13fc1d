import type { JSX } from 'react'

export function Brand(): JSX.Element {
  return (
    <span className="brand">
      <svg
        className="brand__mark"
        viewBox="0 0 32 32"
        width="28"
        height="28"
        aria-hidden="true"
        focusable="false"
      >
        <g transform="rotate(-14 16 16)">
          <path
            className="brand__paper"
            d="M4 9h14.5a2 2 0 0 0 3 0H28a1.5 1.5 0 0 1 1.5 1.5v11A1.5 1.5 0 0 1 28 23h-6.5a2 2 0 0 0-3 0H4a1.5 1.5 0 0 1-1.5-1.5v-11A1.5 1.5 0 0 1 4 9Z"
          />
          <path className="brand__seam" d="M20 12.2v8" />
          <path className="brand__print" d="M7 13.5h7.5M7 18.5h4.5" />
        </g>
      </svg>
      wsticket
    </span>
  )
}
