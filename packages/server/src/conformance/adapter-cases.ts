import { admittingCases } from './adapter/admitting.js'
import { livingCases } from './adapter/living.js'
import { pathwayCases } from './adapter/pathways.js'
import { refusingCases } from './adapter/refusing.js'
import type { AdapterCase } from './adapter-harness.js'

/**
 * What every adapter for upgrades keeps to, each sentence with its proof: raw sockets against a server that the
 * harness starts.
 *
 * @example
 * for (const { name, run } of adapterCases) {
 *   test(name, () => run(startMyServer))
 * }
 */
export const adapterCases: readonly AdapterCase[] = [
  ...admittingCases,
  ...refusingCases,
  ...pathwayCases,
  ...livingCases,
]
