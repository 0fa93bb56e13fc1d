const ON = ['true', '1', 'on', 'yes']
const OFF = ['false', '0', 'off', 'no']

/**
 * Reads feature flags as a bundler inlines them: on unless one of them says otherwise. One that is not set, or empty, says
 * nothing. A value that is neither, and flags that contradict each other, are a `TypeError`: half the users on a pathway that
 * nobody meant is worse than a page that does not start.
 *
 * Write the variables out in full. Bundlers replace the literal text only, and `process.env` itself is empty in a browser.
 *
 * @example
 * const useTicketAuth = ticketAuthEnabled(process.env.NEXT_PUBLIC_ENABLE_TICKET_AUTH)
 */
export function ticketAuthEnabled(...flags: readonly (string | undefined)[]): boolean {
  const said = flags
    .map((flag) => flag?.trim().toLowerCase())
    .filter((flag) => flag !== undefined && flag !== '')
  const wrong = said.find((flag) => flag !== undefined && !ON.includes(flag) && !OFF.includes(flag))
  if (wrong !== undefined) {
    throw new TypeError(
      `wsticket: the flag for tickets is ${JSON.stringify(wrong)}; it must be one of ${[...ON, ...OFF].join(', ')}. Example: true`,
    )
  }
  const [first, ...others] = said.map((flag) => flag !== undefined && ON.includes(flag))
  if (others.some((other) => other !== first)) {
    throw new TypeError(
      'wsticket: the flags for tickets contradict each other; set one of them, or both alike',
    )
  }
  return first ?? true
}
