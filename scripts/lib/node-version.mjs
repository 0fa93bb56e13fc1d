/** The oldest Node that the packages support; `engines` in every package.json says the same. */
const FLOOR = { major: 20, minor: 19 }

/**
 * Tells why this Node is too old, or `undefined` when it will do.
 *
 * @param {string} version as in `process.versions.node`
 * @returns {string | undefined}
 */
export function nodeComplaint(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > FLOOR.major || (major === FLOOR.major && minor >= FLOOR.minor)) return undefined
  return (
    `wsticket: this is Node ${version}; it must be ${FLOOR.major}.${FLOOR.minor} or newer. ` +
    'Install one from https://nodejs.org/en/download and try again.'
  )
}
