import { fileURLToPath } from 'node:url'
import type { NextConfig } from 'next'

// Nothing that is built here tells anybody about it.
process.env.NEXT_TELEMETRY_DISABLED = '1'

const config: NextConfig = {
  poweredByHeader: false,
  // The packages lie beside the examples; an application of your own needs no such line.
  turbopack: { root: fileURLToPath(new URL('../..', import.meta.url)) },
  // TypeScript 7 has no programming interface any more.
  experimental: { useTypeScriptCli: true },
}

export default config
