import { type Json, METADATA_MAX_BYTES, type Refusal, TTL_SECONDS } from '@wsticket/protocol'
import type { Principal } from '../identity/principal.js'
import type { Rate } from '../rate/gcra.js'

/** What tickets may be like. */
export interface TicketPolicy {
  /** Life of a ticket that asks for none, 30 to 3600 seconds. @default 300 */
  readonly ttlSeconds: number
  /** The longest life that may be asked for, 30 to 3600 seconds. @default 3600 */
  readonly maxTtlSeconds: number
  /** Whether a ticket may open several sockets. @default true */
  readonly reusable: boolean
  /** Another default life for some principals, 30 to `maxTtlSeconds`; `undefined` for the others. */
  readonly ttlFor: ((principal: Principal) => number | undefined) | undefined
}

/** How much of everything. */
export interface Limits {
  /** Tickets that one user may take; `undefined` for any number. */
  readonly issuePerUser: Rate | undefined
  /** Ticket requests from one address, per process; `undefined` for any number. */
  readonly issuePerAddress: Rate | undefined
  /** Tickets of one user that are neither used nor expired; the oldest goes. @default 16 */
  readonly outstandingPerUser: number
  /** Sockets of one user. @default 20 */
  readonly sessionsPerUser: number
  /** Sockets and pending upgrades from one address, per process. @default 1000 */
  readonly socketsPerAddress: number
  /** Addresses in these networks (CIDR) have no limit per address. @default none */
  readonly exempt: readonly string[]
  /** Bytes of what the store keeps of one ticket, as JSON. @default 4096 */
  readonly recordBytes: number
}

// 2 KiB of metadata and as much again for the principal: what one user's tickets can occupy stays small.
const RECORD_BYTES = 4096

export const DEFAULT_TICKET_POLICY: TicketPolicy = {
  ttlSeconds: 300,
  maxTtlSeconds: TTL_SECONDS.max,
  reusable: true,
  ttlFor: undefined,
}

export const DEFAULT_LIMITS: Limits = {
  issuePerUser: { burst: 60, perSecond: 1 },
  issuePerAddress: { burst: 600, perSecond: 10 },
  outstandingPerUser: 16,
  sessionsPerUser: 20,
  socketsPerAddress: 1000,
  exempt: [],
  recordBytes: RECORD_BYTES,
}

/** What a caller of `issue` may ask for. */
export interface TicketWishes {
  /** 30 seconds to the policy's maximum. */
  readonly ttlSeconds?: number | undefined
  readonly singleUse?: boolean | undefined
  /** A subset of the principal's. @default all of them */
  readonly permissions?: readonly string[] | undefined
  /** Handed to the application with the session; at most 2 KiB as JSON. */
  readonly metadata?: { readonly [name: string]: Json } | undefined
  /** The route that the ticket is for. @default the only one there is */
  readonly audience?: string | undefined
}

/** Wishes that a policy granted. */
export interface Grant {
  readonly ttlSeconds: number
  readonly singleUse: boolean
  readonly permissions: readonly string[]
  readonly metadata: { readonly [name: string]: Json }
}

/** Grants wishes, or says which of them cannot be granted and why. */
export function grantWishes(
  policy: TicketPolicy,
  principal: Principal,
  wishes: TicketWishes,
): Grant | Refusal {
  const ttlSeconds = wishes.ttlSeconds ?? defaultTtl(policy, principal)
  if (!isWithin(ttlSeconds, TTL_SECONDS.min, policy.maxTtlSeconds)) {
    return {
      code: 'request_invalid',
      detail: `ttl_seconds must be a whole number from ${TTL_SECONDS.min} to ${policy.maxTtlSeconds}`,
    }
  }
  const singleUse = wishes.singleUse ?? true
  if (!singleUse && !policy.reusable) {
    return {
      code: 'permissions_exceeded',
      detail: 'single_use must be true: reusable tickets are switched off',
    }
  }
  const permissions = wishes.permissions ?? principal.permissions
  if (!permissions.every((permission) => principal.permissions.includes(permission))) {
    return {
      code: 'permissions_exceeded',
      detail: 'permissions must be a subset of what the credential grants',
    }
  }
  const metadata = wishes.metadata ?? {}
  if (jsonBytes(metadata) > METADATA_MAX_BYTES) {
    return { code: 'request_invalid', detail: `metadata must be at most ${METADATA_MAX_BYTES} bytes as JSON` }
  }
  return { ttlSeconds, singleUse, permissions: [...new Set(permissions)], metadata }
}

/** Bytes of a value as JSON in UTF-8. */
export function jsonBytes(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).byteLength
}

function defaultTtl(policy: TicketPolicy, principal: Principal): number {
  const own = policy.ttlFor?.(principal)
  if (own === undefined) return policy.ttlSeconds
  if (isWithin(own, TTL_SECONDS.min, policy.maxTtlSeconds)) return own
  // The policy's mistake, which the client could do nothing about.
  throw new TypeError(
    `tickets.ttlFor gave ${own}; it must give a whole number from ${TTL_SECONDS.min} to ${policy.maxTtlSeconds}, or undefined`,
  )
}

function isWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max
}
