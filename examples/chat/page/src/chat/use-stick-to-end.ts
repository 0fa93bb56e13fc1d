import { type RefObject, useCallback, useEffect, useRef, useState } from 'react'

// Nearer to the end than this counts as reading along.
const NEAR_PX = 72

export interface StickToEnd {
  readonly scroller: RefObject<HTMLDivElement | null>
  readonly content: RefObject<HTMLDivElement | null>
  /** Whether the end is in view. */
  readonly atEnd: boolean
  readonly toEnd: () => void
}

/** Keeps the end in view while somebody reads along, and lets whoever scrolled back read in peace. */
export function useStickToEnd(): StickToEnd {
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const sticks = useRef(true)
  const [atEnd, setAtEnd] = useState(true)

  const toEnd = useCallback(() => {
    sticks.current = true
    setAtEnd(true)
    const element = scroller.current
    if (element !== null) element.scrollTop = element.scrollHeight
  }, [])

  useEffect(() => {
    const box = scroller.current
    const inner = content.current
    if (box === null || inner === null) return
    let top = box.scrollTop
    const scrolled = (): void => {
      const near = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX
      // Our own scrolling is told late, when more may have grown below: only who goes back stops reading along.
      if (near) sticks.current = true
      else if (box.scrollTop < top) sticks.current = false
      top = box.scrollTop
      setAtEnd(sticks.current)
    }
    // What grows fires no scroll event, so `sticks` still says what the reader did last.
    const observer = new ResizeObserver(() => {
      if (sticks.current) box.scrollTop = box.scrollHeight
      else scrolled()
    })
    observer.observe(inner)
    observer.observe(box)
    box.addEventListener('scroll', scrolled, { passive: true })
    return () => {
      observer.disconnect()
      box.removeEventListener('scroll', scrolled)
    }
  }, [])

  return { scroller, content, atEnd, toEnd }
}
