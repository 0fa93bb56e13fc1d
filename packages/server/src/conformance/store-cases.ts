import { issueCases } from './store/issue.js'
import { keepingCases } from './store/keeping.js'
import { nodesCases } from './store/nodes.js'
import { noticeCases } from './store/notices.js'
import { redeemCases } from './store/redeem.js'
import { revokeCases } from './store/revoke.js'
import { sessionCases } from './store/sessions.js'
import type { StoreCase } from './store-harness.js'

/**
 * What every ticket store keeps to: the sentences of `TicketStore`, each with its proof.
 *
 * @example
 * for (const { name, run } of storeCases) {
 *   test(name, () => run(async () => ({ store: myStore(), unitMs: 50, graceMs: 200, leaseMs: 400, advance: sleep })))
 * }
 */
export const storeCases: readonly StoreCase[] = [
  ...issueCases,
  ...redeemCases,
  ...revokeCases,
  ...sessionCases,
  ...noticeCases,
  ...keepingCases,
  ...nodesCases,
]
