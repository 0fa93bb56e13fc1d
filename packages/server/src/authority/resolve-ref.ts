import { isRef, parseTicket } from '@wsticket/protocol'
import type { AuthorityContext } from './context.js'
import { refOf } from './secret.js'

/**
 * The ref of a ref, or of a ticket that was sealed here; `undefined` for anything else.
 *
 * A forged ticket is nobody's, however much of a real one it has, and costs the store nothing.
 */
export async function resolveRef(
  { seals }: Pick<AuthorityContext, 'seals'>,
  ticketOrRef: string,
): Promise<string | undefined> {
  if (isRef(ticketOrRef)) return ticketOrRef
  const parts = parseTicket(ticketOrRef)
  return parts !== undefined && (await seals.accept(parts)) ? refOf(parts) : undefined
}
