import type { JSX } from 'react'
import { Icon, type IconName } from './icons.js'
import { type Theme, useTheme } from './use-theme.js'

const ICONS: Readonly<Record<Theme, IconName>> = { system: 'screen', light: 'sun', dark: 'moon' }
const NAMES: Readonly<Record<Theme, string>> = { system: 'as the system', light: 'light', dark: 'dark' }

export function ThemeToggle(): JSX.Element {
  const { theme, next, change } = useTheme()
  const label = `Theme: ${NAMES[theme]}. Change to ${NAMES[next]}`
  return (
    <button type="button" className="icon-button" onClick={change} aria-label={label} title={label}>
      <Icon name={ICONS[theme]} />
    </button>
  )
}
