import { useCallback, useState } from 'react'
import { useMediaQuery } from '../ui/use-media-query.js'

const KEY = 'chat.panel'

/** Whether the panel is shown: beside the chat where there is room, which is remembered, or as a sheet over it. */
export function usePanel(): {
  readonly wide: boolean
  readonly open: boolean
  readonly toggle: () => void
  readonly close: () => void
} {
  const wide = useMediaQuery('(min-width: 60rem)')
  const [openBeside, setOpenBeside] = useState(readRemembered)
  const [openOver, setOpenOver] = useState(false)
  const open = wide ? openBeside : openOver

  const set = useCallback(
    (to: boolean) => {
      if (!wide) {
        setOpenOver(to)
        return
      }
      setOpenBeside(to)
      remember(to)
    },
    [wide],
  )
  return { wide, open, toggle: () => set(!open), close: () => set(false) }
}

// Browsers that are told to keep nothing throw at the mere look at their storage.
function readRemembered(): boolean {
  try {
    return localStorage.getItem(KEY) !== 'closed'
  } catch {
    return true
  }
}

function remember(open: boolean): void {
  try {
    localStorage.setItem(KEY, open ? 'open' : 'closed')
  } catch {
    // Then it lasts until the page is left.
  }
}
