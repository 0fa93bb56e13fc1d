/** Chance that a seed repeats: the same seed gives the same choices, on every machine. */
export interface Random {
  /** From 0 up to 1, without 1. */
  next(): number
  /** A whole number, both ends included. */
  between(min: number, max: number): number
  chance(probability: number): boolean
  pick<T>(from: readonly [T, ...T[]]): T
  /** The same things in another order. */
  shuffle<T>(things: readonly T[]): T[]
  /** So many bytes; of the lab's names only, never of a secret. */
  bytes(size: number): Buffer
  /** Another chance that depends on this seed and a name alone, and not on what was drawn before. */
  fork(name: string | number): Random
}

/** Makes the chance of a seed. */
export function seededRandom(seed: string | number): Random {
  const text = String(seed)
  let state = hash(text)
  // Mulberry32, by Tommy Ettinger, in the public domain.
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1))
  return {
    next,
    between,
    chance: (probability) => next() < probability,
    pick: ([first, ...others]) => {
      const index = between(0, others.length)
      return index === 0 ? first : (others[index - 1] ?? first)
    },
    shuffle<T>(things: readonly T[]): T[] {
      return things
        .map((thing) => ({ thing, at: next() }))
        .sort((one, other) => one.at - other.at)
        .map(({ thing }) => thing)
    },
    bytes: (size) => Buffer.from(Array.from({ length: size }, () => between(0, 255))),
    fork: (name) => seededRandom(`${text}/${name}`),
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let mixed = 0x811c9dc5
  for (const byte of Buffer.from(text)) mixed = Math.imul(mixed ^ byte, 0x01000193)
  return mixed >>> 0
}
