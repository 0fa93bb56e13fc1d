import type { z } from 'zod'
import type { Authority } from '../authority/authority.js'
import type { Refused } from '../authority/context.js'
import type { Counters } from '../events/counters.js'
import type { EventHub } from '../events/hub.js'
import type { Claims, Principal } from '../identity/principal.js'
import type { AddressLimits } from '../rate/address-limits.js'
import type { Networks } from '../request/addresses.js'
import type { HttpRequest, RequestData } from '../request/message.js'
import type { Origins } from '../request/origins.js'
import type { SessionRegistry } from '../sessions/registry.js'
import type { StoreHealth } from '../stores/store.js'

/** What the routes are made of. */
export interface RouteParts<C extends Claims> {
  readonly authority: Authority<C>
  readonly registry: SessionRegistry<C>
  readonly events: EventHub
  readonly counters: () => Counters
  readonly health: () => Promise<StoreHealth>
  readonly origins: Origins
  readonly trusted: Networks
  readonly addresses: AddressLimits
  readonly publicUrl: string | undefined
  /** The path of an audience's route; `undefined` if nobody registered one here. */
  readonly pathOf: (audience: string) => string | undefined
  readonly validate: 'public' | 'owner'
  readonly refusalsUrl: string
  readonly newCookie: () => string
  readonly identify: (
    request: RequestData,
    address: string,
  ) => Promise<{ readonly ok: true; readonly principal: Principal<C> } | Refused>
}

/** One request at one operation. */
export interface Call<C extends Claims> {
  readonly request: HttpRequest
  readonly address: string
  readonly origin: string | undefined
  /** The last variable part of the path. */
  readonly ref: string
  /** Reads the body and holds it against a schema. */
  read<T>(schema: z.ZodType<T>): Promise<{ readonly ok: true; readonly value: T } | Refused>
  /** Says who is calling, credentials that a logout has overtaken refused. */
  identify(): Promise<{ readonly ok: true; readonly principal: Principal<C> } | Refused>
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
