import { targetOf, withoutExtension } from './rules.mjs'

/** @typedef {import('./workspace.mjs').Source} Source */

/**
 * Finds the circles of relative imports, types included: two files that need each other are one file or three.
 *
 * @param {readonly Source[]} sources
 * @returns {{ path: string, line: number, circle: string[] }[]} each circle once, from its first file on
 */
export function findCircles(sources) {
  const byName = new Map(sources.map((source) => [withoutExtension(source.path), source]))
  /** @type {Set<Source>} */
  const done = new Set()
  /** @type {{ path: string, line: number, circle: string[] }[]} */
  const circles = []

  /**
   * @param {Source} source
   * @param {readonly Source[]} trail
   */
  const walk = (source, trail) => {
    const here = [...trail, source]
    for (const { specifier, line } of source.imports) {
      const next = specifier.startsWith('.') ? byName.get(targetOf(source.path, specifier)) : undefined
      if (next === undefined || done.has(next)) continue
      const at = here.indexOf(next)
      if (at >= 0)
        circles.push({ path: source.path, line, circle: [...here.slice(at), next].map((one) => one.path) })
      else walk(next, here)
    }
    done.add(source)
  }
  for (const source of sources) if (!done.has(source)) walk(source, [])
  return circles
}
