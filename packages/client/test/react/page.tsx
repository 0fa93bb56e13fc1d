// The script of the page: draws the scene, or takes over what a server has drawn, and lets tests change it.
import { StrictMode } from 'react'
import { createRoot, hydrateRoot, type Root, type RootOptions } from 'react-dom/client'
import { log, Scene, type SceneLog, type SceneProps } from './scene.js'

const problems: string[] = []
const note = (what: unknown): unknown => problems.push(String(what))
window.addEventListener('error', ({ message }) => note(message))
window.addEventListener('unhandledrejection', ({ reason }) => note(reason))

const options: RootOptions = { onRecoverableError: note, onUncaughtError: note }
let root: Root | undefined
let props: SceneProps | undefined

const stage = {
  /** Shows the scene; what is not named stays as it was. */
  show(change: Partial<SceneProps>): void {
    const {
      kind = 'provider',
      mounted = true,
      url = new URL('/ws', location.href).href,
      user = 'ada',
      enabled = true,
      tick = 0,
    } = { ...props, ...change }
    props = { kind, mounted, url, user, enabled, tick }
    const place = document.getElementById('root')
    if (place === null) throw new Error('The page has no element #root')
    // Outermost: inside of another component it does not mount twice.
    const scene = (
      <StrictMode>
        <Scene {...props} />
      </StrictMode>
    )
    if (root !== undefined) root.render(scene)
    else if (place.hasChildNodes()) root = hydrateRoot(place, scene, options)
    else {
      root = createRoot(place, options)
      root.render(scene)
    }
  },
  log: (): Omit<SceneLog, 'handle'> => {
    const { handle: _notJson, ...facts } = log
    return facts
  },
  send: (text: string): boolean | undefined => log.handle?.send(text),
  restart: (): void => log.handle?.restart(),
  renew: async (): Promise<void> => {
    await log.handle?.socket?.renew()
  },
  problems: (): readonly string[] => problems,
}

/** What tests can ask the page to do. */
export type Stage = typeof stage

Object.assign(globalThis, { stage })
