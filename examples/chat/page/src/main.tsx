import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.js'
import { AuthClient } from './auth/auth-client.js'
import { memoryStorage, openTokenShelf } from './auth/token-shelf.js'
import { newId } from './ui/new-id.js'
import { applyRememberedTheme } from './ui/use-theme.js'

applyRememberedTheme()

const place = document.getElementById('root')
if (place === null) throw new Error('The page has no element #root to draw in.')

const shelf = await openTokenShelf({ storage: tabStorage(), locks: navigator.locks, newId })
const auth = new AuthClient({
  fetch: (url, init) => fetch(url, init),
  shelf,
  now: () => Date.now(),
})

createRoot(place).render(
  <StrictMode>
    <App auth={auth} />
  </StrictMode>,
)

// Browsers that are told to keep nothing throw at the mere look at their storage.
function tabStorage(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  try {
    return sessionStorage
  } catch {
    return memoryStorage()
  }
}
