import type { Metadata, Viewport } from 'next'
import type { ReactElement, ReactNode } from 'react'
import './globals.css'

export const metadata: Metadata = {
  title: 'wsticket with Next.js',
  description: 'A chat over a WebSocket that single-use tickets open',
}

export const viewport: Viewport = { colorScheme: 'light dark' }

// biome-ignore lint/style/noDefaultExport: Next.js finds layouts and pages by it
export default function Layout({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  )
}
