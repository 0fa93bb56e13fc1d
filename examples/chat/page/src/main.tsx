import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.js'
import { AuthClient } from './auth/auth-client.js'
import { memoryStorage, onTokenArrival, tokenShelf } from './auth/token-shelf.js'
import { applyRememberedTheme } from './ui/use-theme.js'

applyRememberedTheme()

const place = document.getElementById('root')
if (place === null) throw new Error('The page has no element #root to draw in.')

const auth = new AuthClient({
  fetch: (url, init) => fetch(url, init),
  shelf: tokenShelf(storage()),
})
onTokenArrival(window, () => auth.tokenArrived())

createRoot(place).render(
  <StrictMode>
    <App auth={auth} />
  </StrictMode>,
)

// Browsers that are told to keep nothing throw at the mere look at their storage.
function storage(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  try {
    return localStorage
  } catch {
    return memoryStorage()
  }
}
