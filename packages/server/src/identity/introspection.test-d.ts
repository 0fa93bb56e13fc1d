import { createServer } from 'node:http'
import { createWsticket, introspection, memoryStore } from '@wsticket/server'
import { admitUpgrades } from '@wsticket/server/ws'

const common = { store: memoryStore(), origins: [] }
const url = 'https://id.example.com/introspect'

/** Claims keep their type, whether they are named … */
interface TeamClaims {
  readonly [name: string]: unknown
  readonly team: string
}

const named = createWsticket({ ...common, authenticate: introspection<TeamClaims>({ url }) })
admitUpgrades(createServer(), named, { path: '/ws' }, (_socket, session) => {
  const team: string = session.principal.claims.team
  // @ts-expect-error a claim has the type that it was given
  const wrong: number = session.principal.claims.team
  return void [team, wrong]
})

/** … or made by the application's own reader, which says what the service sends. */
const own = createWsticket({
  ...common,
  authenticate: introspection({
    url,
    request: (token) => ({ body: { token } }),
    principal: ({ valid, user }: { valid: boolean; user: { id: string; seats: number } }) =>
      valid ? { subject: user.id, permissions: [], claims: { seats: user.seats } } : undefined,
    goodForSeconds: 900,
  }),
})
admitUpgrades(createServer(), own, { path: '/ws' }, (_socket, session) => {
  const seats: number = session.principal.claims.seats
  // @ts-expect-error nobody gave such a claim
  void session.principal.claims.team
  return void seats
})

/** Who does not say what the service sends gets values that must be looked at. */
void introspection({
  url,
  principal: (answer) => {
    // @ts-expect-error what a field is must be asked first
    const wrong: string = answer.sub
    void wrong
    const { sub } = answer
    return typeof sub === 'string' ? { subject: sub, permissions: [], claims: {} } : undefined
  },
})

// @ts-expect-error the address is required
void introspection({ issuer: 'https://id.example.com' })

// @ts-expect-error options that do not exist are told
void introspection({ url, timeout: 5 })

// @ts-expect-error a principal without permissions is none
void introspection({ url, principal: () => ({ subject: 'ada', claims: {} }) })

// @ts-expect-error a secret belongs to a client
void introspection({ url, client: { id: 'chat' } })
