import type { Pathway } from '@wsticket/protocol'
import type { z } from 'zod'
import type { Authority } from '../authority/authority.js'
import type { Refused } from '../authority/context.js'
import type { NodeLife } from '../authority/node-life.js'
import type { Limits, TicketPolicy } from '../authority/policy.js'
import type { Counters } from '../events/counters.js'
import type { EventHub } from '../events/hub.js'
import type { Claims, Principal } from '../identity/principal.js'
import type { AddressLimits } from '../rate/address-limits.js'
import type { Networks } from '../request/addresses.js'
import type { HttpRequest, RequestData } from '../request/message.js'
import type { Origins } from '../request/origins.js'
import type { SessionRegistry } from '../sessions/registry.js'

/** What the routes are made of. */
export interface RouteParts<C extends Claims> {
  readonly authority: Authority<C>
  readonly registry: SessionRegistry<C>
  readonly node: NodeLife<C>
  readonly events: EventHub
  readonly counters: () => Counters
  readonly tickets: TicketPolicy
  readonly limits: Limits
  /** The pathways that are open, in the order of preference. */
  readonly pathways: readonly Pathway[]
  /** Whether tickets are bound to a cookie. */
  readonly bindsCookie: boolean
  readonly origins: Origins
  readonly trusted: Networks
  readonly addresses: AddressLimits
  readonly publicUrl: string | undefined
  /** The path of an audience's route; `undefined` if nobody registered one here. */
  readonly pathOf: (audience: string) => string | undefined
  readonly validate: 'public' | 'owner'
  readonly refusalsUrl: string
  readonly newCookie: () => string
  readonly identify: (request: RequestData, address: string) => Promise<Identified<C>>
}

/** Who is calling, or why that cannot be said. */
export type Identified<C extends Claims> = { readonly ok: true; readonly principal: Principal<C> } | Refused

/** One request at one operation. */
export interface Call<C extends Claims> {
  readonly request: HttpRequest
  readonly address: string
  readonly origin: string | undefined
  /** The ref that the path names, by itself or by its ticket; `undefined` if it names none, or a forged ticket. */
  ref(): Promise<string | undefined>
  /** Reads the body and holds it against a schema. */
  read<T>(schema: z.ZodType<T>): Promise<{ readonly ok: true; readonly value: T } | Refused>
  /** Says who is calling, without asking the store: for operations that refuse what a logout has overtaken. */
  identify(): Promise<Identified<C>>
  /** The same, credentials that a logout has overtaken refused. */
  identifyLive(): Promise<Identified<C>>
}

/** What an operation answers. */
export type Answer =
  | {
      readonly ok: true
      readonly status?: number
      readonly body: unknown
      readonly headers?: Record<string, string>
    }
  | (Refused & { readonly headers?: Record<string, string> })

export interface Operation<C extends Claims> {
  readonly name: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly paths: readonly string[]
  run(call: Call<C>): Promise<Answer>
}

/** Unix milliseconds as the wire has them: whole seconds. */
export function toSeconds(ms: number): number {
  return Math.floor(ms / 1000)
}
