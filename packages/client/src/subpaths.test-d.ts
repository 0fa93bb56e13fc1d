// Compiled, never run: what a user may and may not write with the subpaths.
import { TicketSocket as CoreTicketSocket } from './core/index.js'
import { diagnosis, explain } from './diagnosis/index.js'
import { type Downgrade, withFallback } from './fallback/index.js'
import { type CauseCode, type Diagnose, TicketSocket, type TicketSource, ticketSource } from './index.js'
import { withSpare } from './spare/index.js'
import { type SharedLogin, sharedLogin } from './tabs/index.js'

const url = 'wss://api.example.com/ws'
const login: SharedLogin = sharedLogin({
  name: 'chat',
  refresh: async ({ signal }) => await (await fetch('/auth/refresh', { method: 'POST', signal })).text(),
})
const source: TicketSource = ticketSource({
  url: 'https://api.example.com/ticket',
  credential: login.credential,
})

// All of them together, as the documentation has it.
const tickets: TicketSource = withFallback(withSpare(source, { mostUnused: 3 }), {
  jwt: true,
  anonymous: true,
  after: 3,
  forMs: 60_000,
  useTicketAuth: true,
  onDowngrade: ({ from, to, cause, until }) => [from, to, cause.code, until.toFixed()],
  onRecover: ({ from }) => from,
})
const diagnose: Diagnose = diagnosis()
const socket = new TicketSocket(url, { tickets, diagnose })
socket.addEventListener('statechange', ({ cause }) => explain(cause))

// A sentence for every code there is, and for no other.
const code: CauseCode = 'websocket_blocked'
export const sentence: string = explain({ code })
// @ts-expect-error codes are a closed list
export const none: string = explain({ code: 'teapot' })

// @ts-expect-error pathways have names
export const path: Downgrade['to'] = 'cookie'
// @ts-expect-error the fallback goes around a source, it makes none
export const made = withFallback({ url, credential: () => 'jwt' })
// @ts-expect-error tabs that share nothing need no login
export const nameless = sharedLogin({ refresh: () => 'jwt' })
// @ts-expect-error a refresh gives a text
export const numeric = sharedLogin({ name: 'chat', refresh: () => 42 })

export const stop: () => void = login.onUserChange((user) => user?.trim())
export const missing: readonly ('locks' | 'channel')[] = login.missing

// The core takes its own route or whatever has grant(), and none of what stands on it.
const route = { url: 'https://api.example.com/ticket', credential: () => 'jwt' }
export const small: WebSocket = new CoreTicketSocket(url, { tickets: route, protocols: ['chat'] })
export const given: CoreTicketSocket = new CoreTicketSocket(url, {
  tickets: { grant: async ({ refresh } = {}) => ({ ticket: refresh ? 'fresh' : 'first' }) },
})
// @ts-expect-error the core tells nobody what became of a ticket, and hears nothing of clear()
export const deaf = new CoreTicketSocket(url, { tickets: source })
export const whole: CoreTicketSocket = socket
// @ts-expect-error the core keeps no tickets
export const keeping = new CoreTicketSocket(url, { tickets: { ...route, reusable: true } })
// @ts-expect-error the core renews nothing
export const renewing = new CoreTicketSocket(url, { tickets: route, autoRenew: true })
