import { useEffect, useState } from 'react'

/** The time, in milliseconds since 1970, told anew every so many milliseconds while it matters. */
export function useNow(everyMs: number, matters = true): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (!matters) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs, matters])
  return now
}
