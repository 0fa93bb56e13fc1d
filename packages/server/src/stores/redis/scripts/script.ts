import { createHash } from 'node:crypto'
import { PRELUDE } from './prelude.js'

/** A Lua script, sent by its hash; Redis keeps the text until it restarts or forgets it. */
export interface Script {
  readonly name: string
  readonly source: string
  /** SHA-1 of the source, by which Redis knows a script. */
  readonly sha: string
}

/** Makes a script of its body; the functions of the prelude stand in front of it, unless it can do without. */
export function script(name: string, body: string, prelude: string = PRELUDE): Script {
  const source = `-- wsticket ${name}\n${prelude}\n${body.trim()}\n`
  return { name, source, sha: createHash('sha1').update(source).digest('hex') }
}
