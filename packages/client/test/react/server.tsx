// What a server renders of the scene, before any browser has seen it.
import { StrictMode } from 'react'
import { renderToString } from 'react-dom/server'
import { Scene, type SceneProps } from './scene.js'

export function render(props: SceneProps): string {
  return renderToString(
    <StrictMode>
      <Scene {...props} />
    </StrictMode>,
  )
}
