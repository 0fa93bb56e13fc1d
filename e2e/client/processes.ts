import { readdirSync, readFileSync } from 'node:fs'

/** The processes that a process started. */
export function childrenOf(parent: number): readonly number[] {
  return allChildren().get(parent) ?? []
}

/** The processes that a process started, with those that these started, and so on; without itself. */
export function descendantsOf(ancestor: number): readonly number[] {
  const children = allChildren()
  const found: number[] = []
  const next = [ancestor]
  for (let pid = next.pop(); pid !== undefined; pid = next.pop()) {
    const own = children.get(pid) ?? []
    found.push(...own)
    next.push(...own)
  }
  return found
}

function allChildren(): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>()
  for (const entry of readdirSync('/proc')) {
    const parent = /^\d+$/.test(entry) ? parentOf(entry) : undefined
    if (parent === undefined) continue
    const siblings = children.get(parent) ?? []
    siblings.push(Number(entry))
    children.set(parent, siblings)
  }
  return children
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name before the parent stands in brackets and may hold anything, brackets included.
    const parent = /^\S+ (\d+)/.exec(stat.slice(stat.lastIndexOf(')') + 2))?.[1]
    return parent === undefined ? undefined : Number(parent)
  } catch {
    // It ended meanwhile.
    return undefined
  }
}
