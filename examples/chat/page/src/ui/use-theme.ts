import { useCallback, useState } from 'react'

export type Theme = 'system' | 'light' | 'dark'

const KEY = 'chat.theme'
const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' }

/** Shows the page in the theme that was chosen last; called before anything is drawn. */
export function applyRememberedTheme(): void {
  apply(rememberedTheme())
}

/** The theme, and how to go to the next one. */
export function useTheme(): { readonly theme: Theme; readonly next: Theme; readonly change: () => void } {
  const [theme, setTheme] = useState<Theme>(rememberedTheme)
  const next = NEXT[theme]
  const change = useCallback(() => {
    setTheme(next)
    apply(next)
    remember(next)
  }, [next])
  return { theme, next, change }
}

function apply(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

// Browsers that are told to keep nothing throw at the mere look at their storage.
function rememberedTheme(): Theme {
  try {
    const found = localStorage.getItem(KEY)
    return found === 'light' || found === 'dark' ? found : 'system'
  } catch {
    return 'system'
  }
}

function remember(theme: Theme): void {
  try {
    if (theme === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, theme)
  } catch {
    // Then it lasts until the page is left.
  }
}
