import type { ReactElement } from 'react'
import { Demo } from '../src/demo'

// biome-ignore lint/style/noDefaultExport: Next.js finds layouts and pages by it
export default function Page(): ReactElement {
  return (
    <main>
      <h1>
        wsticket <small>with Next.js</small>
      </h1>
      <Demo />
    </main>
  )
}
