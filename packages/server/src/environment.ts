// The words that the client's flags take, too.
const ON = ['true', '1', 'on', 'yes']
const OFF = ['false', '0', 'off', 'no']
// Enough to recognise a value by in an error.
const SHOWN_CHARACTERS = 40

const TICKET_FLAGS = ['ENABLE_TICKET_AUTH', 'ENABLE_WEBSOCKET_TICKETS'] as const

/** The environment of this process; empty where there is none. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return typeof process === 'undefined' ? {} : process.env
}

/** `NODE_ENV=development` or `test`; anything else, and nothing at all, is production. */
export function isDevelopment({ NODE_ENV: mode }: ReturnType<typeof environment>): boolean {
  return mode === 'development' || mode === 'test'
}

/**
 * What `ENABLE_TICKET_AUTH` or its other name, `ENABLE_WEBSOCKET_TICKETS`, says; `undefined` if neither is set, or both are
 * empty. Throws a `TypeError` for what is neither yes nor no, and for two that contradict each other.
 */
export function ticketFlag(variables: ReturnType<typeof environment>): boolean | undefined {
  const said = new Set<boolean>()
  for (const name of TICKET_FLAGS) {
    const word = variables[name]?.trim().toLowerCase() ?? ''
    if (word === '') continue
    if (!ON.includes(word) && !OFF.includes(word)) {
      const shown = JSON.stringify(word.slice(0, SHOWN_CHARACTERS))
      throw new TypeError(
        `${name} is ${shown}; it must be one of ${[...ON, ...OFF].join(', ')}. Example: true`,
      )
    }
    said.add(ON.includes(word))
  }
  if (said.size > 1) {
    throw new TypeError(`${TICKET_FLAGS.join(' and ')} contradict each other; set one of them, or both alike`)
  }
  return [...said][0]
}
