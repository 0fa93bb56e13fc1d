import { AdmissionDesk } from './admission/admission.js'
import { pathwayEntries } from './admission/pathway-entries.js'
import { pathwayDisabled } from './admission/pathways.js'
import type { Admission, RedeemContext } from './admission/upgrade.js'
import { Authority } from './authority/authority.js'
import type { AuthorityContext, Refused } from './authority/context.js'
import type { IssuedTicket } from './authority/issue.js'
import { NodeLife } from './authority/node-life.js'
import type { TicketWishes } from './authority/policy.js'
import type { Revocation } from './authority/revoke.js'
import { SealKeys } from './authority/seal-keys.js'
import { systemRandom } from './authority/secret.js'
import { type Health, StoreWatch } from './authority/store-watch.js'
import { systemClock } from './clock.js'
import { messageOf } from './errors.js'
import { type Counters, countEvents } from './events/counters.js'
import { EventHub, type EventSource } from './events/hub.js'
import { type AdapterRefusal, adapterRefused } from './http/adapter-refusal.js'
import { identify } from './http/caller.js'
import { DEFAULT_REFUSALS_URL } from './http/problem.js'
import { RouteTable, type TicketRoute } from './http/route-table.js'
import { Routes } from './http/routes.js'
import { type Claims, checkPrincipal, type Principal } from './identity/principal.js'
import { resolveOptions, type WsticketOptions } from './options.js'
import { AddressLimits } from './rate/address-limits.js'
import { Networks } from './request/addresses.js'
import type { HttpResponse } from './request/message.js'
import { Origins } from './request/origins.js'
import { NodeLease } from './sessions/node-lease.js'
import { SessionRegistry } from './sessions/registry.js'
import type { Inspection } from './stores/store.js'
import { StoreCalls } from './stores/store-calls.js'

/** A ticket authority with everything around it. */
export interface Wsticket<C extends Claims = Claims> {
  /** What happens, as it happens. */
  readonly events: EventSource
  /** Issues a ticket without HTTP. */
  issue(principal: Principal<C>, wishes?: TicketWishes): Promise<IssuedTicket | Refused>
  /** Redeems a ticket without an adapter. Exactly one of `hold` and `release` MUST then be called. */
  redeem(ticket: string, context: RedeemContext): Promise<Admission<C> | Refused>
  /** Tells what is known of a ticket or ref, without consuming it. */
  inspect(ticketOrRef: string): Promise<Inspection>
  /**
   * Revokes a ticket, a session, a login or all of a user: tickets die, sockets close, on every node.
   *
   * Resolves to `false` if there is no such ticket or live session.
   */
  revoke(revocation: Revocation): Promise<boolean>
  /**
   * Resolves once this node can do its part: the store has answered, the node's lease is held, and revocations are heard.
   * Servers wait for it before they listen; without it, the first request does the same. Rejects after 3 seconds, or at once
   * if waiting does not help, with a `WsticketError` whose `remedy` says what does; may be called again.
   *
   * @example
   * await wsticket.ready()
   * server.listen(8080)
   */
  ready(): Promise<void>
  /** Totals of this node. */
  counters(): Counters
  /** How the store is; one that does not answer is not `reachable`. */
  health(): Promise<Health>
  /**
   * Refuses new upgrades from now on, closes the sockets held here with 1012, spread over `sessions.drainSeconds` if they are
   * many, and lets go of the store. Resolves when all of them have gone; called again, it gives the same promise. Tickets go
   * on being issued, and sessions renewed, for as long as requests come.
   *
   * @example
   * process.once('SIGTERM', async () => {
   *   await wsticket.close()
   *   server.close()
   * })
   */
  close(): Promise<void>
  /** What adapters need. */
  readonly binding: WsticketBinding<C>
}

/** The side that adapters are written against. */
export interface WsticketBinding<C extends Claims = Claims> {
  readonly routes: Routes<C>
  readonly desk: AdmissionDesk<C>
  /** Makes a route known: tickets can be issued for its audience from then on. What it returns undoes that. */
  registerRoute(route: TicketRoute): () => void
  readonly refusalsUrl: string
  /** Tells that an adapter refused something by itself, and gives the answer. */
  readonly refused: (what: AdapterRefusal) => HttpResponse
  /** Tells that a handler of the application, or an adapter, failed. */
  readonly failed: (where: string, error: unknown) => void
  /** The longest life that may be asked for, in seconds. */
  readonly maxTtlSeconds: number
}

/**
 * Puts a ticket authority together: the one place where store, identity and policy meet.
 *
 * @example
 * const wsticket = createWsticket({
 *   store: memoryStore(),
 *   authenticate: jwt({ jwksUrl, issuer, audience: 'chat' }),
 *   origins: ['https://app.example.com'],
 * })
 */
export function createWsticket<C extends Claims = Claims>(options: WsticketOptions<C>): Wsticket<C> {
  const settings = resolveOptions(options)
  const clock = options.clock ?? systemClock
  const random = options.random ?? systemRandom
  const events = new EventHub(clock)
  const counters = countEvents(events)
  const store = new StoreCalls(options.store, clock, events)
  const registry = new SessionRegistry<C>({ store, clock, policy: settings.sessions, events })
  const id = Buffer.from(random(9)).toString('base64url')
  const lease = new NodeLease(store, clock, id)
  const watch = new StoreWatch(store, clock, events)
  const seals = new SealKeys(store, clock, settings.sealKeys)
  const node = new NodeLife<C>({ clock, store, watch, lease, seals, registry, sessions: settings.sessions })
  const table = new RouteTable()
  const context: AuthorityContext = {
    store,
    seals,
    events,
    clock,
    random,
    tickets: settings.tickets,
    limits: settings.limits,
    sessions: settings.sessions,
    skewSeconds: settings.skewSeconds,
    maxTokenAgeSeconds: settings.maxTokenAgeSeconds,
    bind: settings.bind,
    onReuse: settings.onReuse,
    audiences: () => {
      const named = new Set([...table.audiences(), ...settings.audiences])
      if (named.size === 0 && settings.publicPath !== undefined) return [settings.publicPath]
      return [...named]
    },
    node: id,
    liveNodes: () => node.liveNodes(),
    defaultIssuer: options.authenticate.issuer,
  }
  const authority = new Authority<C>(context)
  const origins = new Origins(options.origins, settings.dangerouslyAllowAnyOrigin)
  const trusted = new Networks(settings.trustedProxies, 'trustedProxies')
  const addresses = new AddressLimits({
    clock,
    exempt: new Networks(settings.limits.exempt, 'limits.exempt'),
    rate: settings.limits.issuePerAddress,
    sockets: settings.limits.socketsPerAddress,
  })
  const authentication = { authenticate: options.authenticate, events, clock }
  const pathways = pathwayEntries(settings.pathways, { authentication, random })
  const open = pathways.filter(({ mode }) => mode !== 'off').map(({ pathway }) => pathway.name)
  const desk = new AdmissionDesk<C>({
    authority,
    registry,
    events,
    clock,
    origins,
    requireOrigin: settings.requireOrigin,
    trusted,
    addresses,
    pathways,
    begin: () => node.begin(),
    draining: () => node.draining,
  })
  const refusalsUrl = options.refusalsUrl ?? DEFAULT_REFUSALS_URL
  const routes = new Routes<C>({
    authority,
    registry,
    node,
    events,
    counters,
    tickets: settings.tickets,
    limits: settings.limits,
    pathways: open,
    bindsCookie: settings.bind.cookie,
    origins,
    trusted,
    addresses,
    publicUrl: options.publicUrl,
    pathOf: (audience) => {
      // A proxy in front may well have another path for the only route there is: then `publicUrl` knows better.
      const known =
        settings.publicPath !== undefined && settings.publicPath !== '/' && table.audiences().length < 2
      return known ? undefined : table.pathOf(audience)
    },
    validate: settings.validate,
    refusalsUrl,
    newCookie: () => Buffer.from(random(32)).toString('base64url'),
    identify: (request, address) => identify(authentication, request, address),
  })
  return {
    events,
    async issue(principal, wishes) {
      checkPrincipal(principal)
      const outcome = open.includes('ticket') ? await authority.issue(principal, wishes) : pathwayDisabled
      if (!outcome.ok) {
        const { code, detail } = outcome.refusal
        const reason = outcome.reason ?? detail
        events.emit('request.refused', { code, operation: 'issue', reason, subject: principal.subject })
      }
      return outcome
    },
    redeem: (ticket, presented) => desk.redeem(ticket, presented),
    inspect: (ticketOrRef) => authority.inspect(ticketOrRef),
    revoke: (revocation) => authority.revoke(revocation),
    counters,
    ready: () => node.ready(),
    health: () => node.health(),
    close: () => node.close(),
    binding: {
      routes,
      desk,
      registerRoute: (route) => table.register(route),
      refusalsUrl,
      refused: (what) => adapterRefused({ events, origins, trusted, refusalsUrl }, what),
      failed: (where, error) => {
        events.emit('handler.failed', { where, message: messageOf(error) })
      },
      maxTtlSeconds: settings.tickets.maxTtlSeconds,
    },
  }
}
