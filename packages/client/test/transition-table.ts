/** A table of transitions, written as text: a row for each input, a column for each state. */
export interface TransitionTable {
  readonly states: readonly string[]
  readonly inputs: readonly string[]
  /** Of each state and input what follows: the name of a state, or `.` where the input means nothing. */
  readonly cells: readonly (readonly [state: string, input: string, to: string])[]
}

/** Reads a table of transitions. */
export function transitionTable(text: string): TransitionTable {
  const [header = [], ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
  const states = header.filter((name) => name !== '')
  return {
    states,
    inputs: rows.map(([input = '']) => input),
    cells: rows.flatMap(([input = '', ...tos]) =>
      tos.map((to, index) => [states[index] ?? '', input, to] as const),
    ),
  }
}

/** Looks up what the table names. */
export function named<Value>(record: Readonly<Record<string, Value>>, name: string): Value {
  const value = record[name]
  if (value === undefined) throw new Error(`the table names ${name}, which is not there`)
  return value
}
