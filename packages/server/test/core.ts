import { Authority } from '../src/authority/authority.js'
import type { AuthorityContext } from '../src/authority/context.js'
import { DEFAULT_LIMITS, DEFAULT_TICKET_POLICY } from '../src/authority/policy.js'
import { SealKeys } from '../src/authority/seal-keys.js'
import { systemRandom } from '../src/authority/secret.js'
import { type ManualClock, manualClock } from '../src/conformance/index.js'
import type { WsticketEventName, WsticketEvents } from '../src/events/events.js'
import { EventHub } from '../src/events/hub.js'
import type { Principal } from '../src/identity/principal.js'
import { DEFAULT_SESSION_POLICY } from '../src/sessions/policy.js'
import { SessionRegistry } from '../src/sessions/registry.js'
import { memoryStore } from '../src/stores/memory.js'
import type { TicketStore } from '../src/stores/store.js'
import { StoreCalls } from '../src/stores/store-calls.js'
import { faultyStore } from './intercepted-store.js'

/** The core put together for a test: everything beneath admission and HTTP, on a clock that stands still. */
export interface Core {
  readonly clock: ManualClock
  readonly events: EventHub
  readonly faults: ReturnType<typeof faultyStore>['faults']
  readonly made: ReturnType<typeof faultyStore>['made']
  readonly calls: StoreCalls
  readonly context: AuthorityContext
  readonly authority: Authority
  readonly registry: SessionRegistry
  /** The events of a name, so far. */
  told<N extends WsticketEventName>(name: N): WsticketEvents[N][]
}

/** Makes a core. */
export function makeCore(
  changes: Partial<AuthorityContext> = {},
  under: { readonly store?: TicketStore; readonly clock?: ManualClock } = {},
): Core {
  const { clock = manualClock() } = under
  const events = new EventHub(clock)
  const { store, made, faults } = faultyStore(under.store ?? memoryStore({ clock }))
  const calls = new StoreCalls(store, clock, events)
  const context: AuthorityContext = {
    store: calls,
    seals: new SealKeys(calls, clock, undefined),
    events,
    clock,
    random: systemRandom,
    tickets: DEFAULT_TICKET_POLICY,
    limits: DEFAULT_LIMITS,
    sessions: DEFAULT_SESSION_POLICY,
    skewSeconds: 5,
    maxTokenAgeSeconds: 86_400,
    bind: { origin: false, network: false, cookie: false },
    onReuse: 'event',
    audiences: () => ['/ws'],
    node: 'node-a',
    liveNodes: () => undefined,
    defaultIssuer: undefined,
    ...changes,
  }
  const registry = new SessionRegistry({ store: calls, clock, policy: context.sessions, events })
  const all: { readonly name: WsticketEventName; readonly event: WsticketEvents[WsticketEventName] }[] = []
  events.onAny((name, event) => all.push({ name, event }))
  return {
    clock,
    events,
    faults,
    made,
    calls,
    context,
    authority: new Authority(context),
    registry,
    // Kept under the name that it was emitted with.
    told: <N extends WsticketEventName>(name: N) =>
      all.filter((one) => one.name === name).map(({ event }) => event as WsticketEvents[N]),
  }
}

/** Ada, as `authenticate` would give her, by a credential of this very second. */
export function ada(clock: ManualClock, more: Partial<Principal> = {}): Principal {
  const now = Math.floor(clock.now() / 1000)
  return {
    issuer: 'https://id.example.com',
    subject: 'ada',
    email: 'ada@example.com',
    permissions: ['read', 'write'],
    claims: { team: 'engines' },
    login: 'phone',
    issuedAt: now,
    expiresAt: now + 900,
    ...more,
  }
}
