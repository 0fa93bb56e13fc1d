import type { Json } from '@wsticket/protocol'
import type { Bindings, Holder, StoredPrincipal, TicketRecord } from '../store.js'
import { fingerprint, fromWord, fromWords, toWords } from './text.js'

/** What no script looks into. */
interface Payload {
  readonly principal: Omit<StoredPrincipal, 'permissions'>
  readonly metadata: { readonly [name: string]: Json }
  readonly audience: string
  readonly ttlMs: number
  readonly bindings: Bindings
  readonly issuedAt?: number | undefined
  readonly expiresAt?: number | undefined
}

/** A ticket as Redis keeps it, read. */
export interface TicketValue {
  readonly record: TicketRecord
  /** Unix milliseconds, by the clock of Redis. */
  readonly expiresAt: number
  /** Of the session that it opened. */
  readonly address: string | undefined
  readonly origin: string | undefined
}

/** The second and third line of a ticket: its permissions, and the rest as JSON. */
export function ticketBody({ holder, principal, ...record }: TicketRecord): string {
  const { permissions, ...rest } = principal
  const payload: Payload = {
    principal: rest,
    metadata: record.metadata,
    audience: record.audience,
    ttlMs: record.ttlMs,
    bindings: record.bindings,
    issuedAt: holder.issuedAt,
    expiresAt: holder.expiresAt,
  }
  return `${toWords(permissions)}\n${JSON.stringify(payload)}`
}

/** What a ticket is bound to, as far as a script compares it: four words. */
export function boundWords(audience: string, { origin, network, cookie }: Bindings): string {
  return [audience, origin, network, cookie].map(fingerprint).join(' ')
}

/** Reads a ticket. The layout is told in the scripts' prelude. */
export function readTicket(ref: string, value: string): TicketValue {
  const [line = '', permissions = '', json = ''] = value.split('\n')
  const words = line.split(' ')
  const [, kind, , expiresAt, subject = '', login] = words
  // Redis keeps what this very module wrote.
  const payload = JSON.parse(json) as Payload
  const { issuedAt, expiresAt: credentialEnd, principal, ...rest } = payload
  const holder: Holder = {
    subject,
    login: login === '-' ? undefined : login,
    issuedAt,
    expiresAt: credentialEnd,
  }
  return {
    expiresAt: Number(expiresAt),
    record: {
      ...rest,
      ref,
      holder,
      principal: { ...principal, permissions: fromWords(permissions) },
      singleUse: kind === 's',
    },
    address: fromWord(words[15]),
    origin: fromWord(words[16]),
  }
}
