/**
 * `npm run check:imports [folder]`: who may import whom, by the rules in CONTRIBUTING.md. Prints each breach with
 * its place, its rule and its remedy.
 */
import { fileURLToPath } from 'node:url'
import { findCircles } from './lib/imports/circles.mjs'
import { findBreaches } from './lib/imports/rules.mjs'
import { readWorkspace } from './lib/imports/workspace.mjs'

const root = process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url))
const workspace = await readWorkspace(root)
const lines = findBreaches(workspace).map(
  ({ path, line, specifier, rule, remedy }) =>
    `${path}:${line} imports '${specifier}' (${rule})\n    ${remedy}`,
)
for (const { path, line, circle } of findCircles(workspace.sources)) {
  lines.push(
    `${path}:${line} closes a circle (no-circles): ${circle.join(' -> ')}\n    Move what both need into a third file.`,
  )
}
const count = workspace.sources.reduce((sum, source) => sum + source.imports.length, 0)
if (count === 0) lines.push(`There is not one import under ${root}: nothing was checked.`)

for (const line of lines) console.error(line)
if (lines.length === 0) console.log(`${count} imports in ${workspace.sources.length} files keep the rules.`)
else process.exitCode = 1
