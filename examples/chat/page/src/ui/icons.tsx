import type { JSX } from 'react'

export type IconName =
  | 'send'
  | 'down'
  | 'search'
  | 'calculator'
  | 'clock'
  | 'thought'
  | 'tool'
  | 'play'
  | 'pen'
  | 'check'
  | 'cross'
  | 'alert'
  | 'flag'
  | 'refresh'
  | 'replay'
  | 'unplug'
  | 'plug'
  | 'exit'
  | 'globe'
  | 'sun'
  | 'moon'
  | 'screen'
  | 'panel'
  | 'ticket'
  | 'key'
  | 'document'
  | 'wait'
  | 'shield'
  | 'user'
  | 'chevron'
  | 'server'
  | 'database'
  | 'offline'
  | 'blocked'

// Drawn on a grid of 20, stroked with the colour of the text around them.
const PATHS: Readonly<Record<IconName, string>> = {
  send: 'M3.5 10 16.5 4l-4 12.5-3-5z M9.5 11.5 16.5 4',
  down: 'M10 4v12 M5 11l5 5 5-5',
  search: 'M9 14.500a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11Z M13 13l4 4',
  calculator:
    'M5.5 2.500h9a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-13a1 1 0 0 1 1-1Z M7.5 6h5 M7.5 10h.01 M10 10h.01 M12.5 10h.01 M7.5 13.500h.01 M10 13.500h.01 M12.5 13.500h.01',
  clock: 'M10 17.500a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15Z M10 5.500V10l3 2',
  thought:
    'M10 3v2.5 M10 14.500V17 M3 10h2.5 M14.5 10H17 M5.05 5.050l1.77 1.77 M13.18 13.180l1.77 1.77 M5.05 14.950l1.77-1.77 M13.18 6.820l1.77-1.77',
  tool: 'M12.5 3.200a4 4 0 0 0-4.8 5.200L3 13.1 6.9 17l4.7-4.700a4 4 0 0 0 5.2-4.800L14.2 10 10.9 9.1 10 5.800Z',
  pen: 'M4 16l.8-3.3L13.6 3.9a1.8 1.8 0 0 1 2.5 2.5l-8.8 8.8Z M11.8 5.7l2.5 2.5',
  play: 'M6.5 4.5 15 10l-8.5 5.500Z',
  check: 'M4 10.500l4 4 8-9',
  cross: 'M5 5l10 10 M15 5 5 15',
  alert: 'M10 6.500V11 M10 13.900h.01 M10 2.8 18 16.800H2Z',
  flag: 'M5 17.500v-14 M5 4h9.500l-2 3.5 2 3.500H5',
  refresh: 'M16.5 10a6.5 6.5 0 1 1-1.9-4.600L16.5 7.3 M16.5 3v4.300h-4.3',
  replay: 'M3.5 10a6.5 6.5 0 1 0 1.9-4.600L3.5 7.3 M3.5 3v4.300h4.3',
  unplug: 'M7.5 2.500v3.5 M12.5 2.500v3.5 M5 6h10v3a5 5 0 0 1-10 0Z M10 14v1.5 M10 17.400v.1',
  plug: 'M7.5 2.500v3.5 M12.5 2.500v3.5 M5 6h10v3a5 5 0 0 1-10 0Z M10 14v3.5',
  exit: 'M8 3.500H4.500a1 1 0 0 0-1 1v11a1 1 0 0 0 1 1H8 M12 6.500l3.5 3.5-3.5 3.5 M15 10H8',
  globe:
    'M10 17.500a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15Z M2.5 10h15 M10 2.500c2.2 2.1 3.3 4.6 3.3 7.500s-1.1 5.4-3.3 7.500c-2.2-2.1-3.3-4.6-3.3-7.500s1.1-5.4 3.3-7.500Z',
  sun: 'M10 13.500a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z M10 2v1.5 M10 16.500V18 M2 10h1.5 M16.5 10H18 M4.34 4.34 5.4 5.4 M14.6 14.600l1.06 1.06 M4.34 15.66 5.4 14.6 M14.6 5.400l1.06-1.06',
  moon: 'M16.8 11.800A7 7 0 0 1 8.2 3.200a7 7 0 1 0 8.6 8.600Z',
  screen: 'M3.5 4h13v9h-13Z M7.5 16.500h5 M10 13v3.5',
  panel: 'M3.5 4h13v12h-13Z M12 4v12',
  ticket: 'M3 5.500h14v3a1.5 1.5 0 0 0 0 3v3H3v-3a1.5 1.5 0 0 0 0-3Z M12 6.500v1 M12 9.500v1 M12 12.500v1',
  key: 'M12.5 11.500a4 4 0 1 0-3.6-2.300L3.5 14.600V17h2.400v-1.800h1.800v-1.800l1.4-1.400a4 4 0 0 0 3.4-.500Z M13.5 6.500h.01',
  document: 'M5 2.500h6.500L15 6v11.500H5Z M11.5 2.500V6H15 M7.5 10h5 M7.5 13h5',
  wait: 'M6 3h8 M6 17h8 M7 3c0 4 6 4.5 6 7s-6 3-6 7 M13 3c0 4-6 4.5-6 7s6 3 6 7',
  shield: 'M10 2.5 16 5v4.500c0 4-2.5 6.7-6 8-3.5-1.3-6-4-6-8V5Z',
  user: 'M10 10a3.3 3.3 0 1 0 0-6.6 3.3 3.3 0 0 0 0 6.600Z M3.8 17c.5-3 3-4.5 6.2-4.500s5.7 1.5 6.2 4.5',
  chevron: 'M6 8l4 4 4-4',
  server: 'M3.5 4h13v5h-13Z M3.5 11h13v5h-13Z M6.5 6.5h.01 M6.5 13.5h.01',
  database:
    'M10 7.500c3.6 0 6-1 6-2.500s-2.4-2.500-6-2.500-6 1-6 2.500 2.4 2.500 6 2.500Z M4 5v10c0 1.500 2.4 2.500 6 2.500s6-1 6-2.500V5 M4 10c0 1.500 2.4 2.500 6 2.500s6-1 6-2.500',
  offline:
    'M3 3l14 14 M3.2 8.300a9.5 9.5 0 0 1 2.6-1.800 M9.2 5.400a9.5 9.5 0 0 1 7.6 2.900 M6 11.300a5.6 5.6 0 0 1 2.2-1.400 M12.4 10.300a5.6 5.6 0 0 1 1.6 1 M10 15h.01',
  blocked: 'M10 17.500a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15Z M4.7 4.700l10.6 10.600',
}

/** A drawing beside words, which say the same: so it is hidden from those who hear the page. */
export function Icon({ name, className }: { name: IconName; className?: string }): JSX.Element {
  return (
    <svg
      className={className === undefined ? 'icon' : `icon ${className}`}
      viewBox="0 0 20 20"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
