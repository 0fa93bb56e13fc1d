import { createHash } from 'node:crypto'
import { FUNCTIONS } from './prelude.js'

/** A Lua script, sent by its hash; Redis keeps the text until it restarts or forgets it. */
export interface Script {
  readonly name: string
  readonly source: string
  /** SHA-1 of the source, by which Redis knows a script. */
  readonly sha: string
}

/** Makes a script of its body. The shared functions that it calls stand in front of it: each costs time at every run. */
export function script(name: string, body: string): Script {
  const source = [`-- wsticket ${name}`, ...functionsOf(body), body.trim()].join('\n')
  return { name, source, sha: createHash('sha1').update(source).digest('hex') }
}

function functionsOf(body: string): string[] {
  // From the last one up: a function calls only those that stand above it.
  let needed = body
  const found: string[] = []
  for (const [name, text] of Object.entries(FUNCTIONS).reverse()) {
    if (!new RegExp(`\\b${name}\\(`).test(needed)) continue
    found.unshift(text.trim())
    needed += text
  }
  return found
}
