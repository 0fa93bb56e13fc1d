import { createServer } from 'node:http'
import { createWsticket, jwt, memoryStore } from '@wsticket/server'
import { admitUpgrades } from '@wsticket/server/ws'

/** Claims keep their type from `authenticate` to the session, for every way in. */
interface TeamClaims {
  readonly [name: string]: unknown
  readonly team: string
}

const common = { store: memoryStore(), origins: [] }
const byJwt = createWsticket({
  ...common,
  authenticate: jwt<TeamClaims>({ issuer: 'https://id.example.com', audience: 'chat' }),
})

admitUpgrades(createServer(), byJwt, { path: '/ws' }, (_socket, session) => {
  const team: string = session.principal.claims.team
  // @ts-expect-error a claim has the type that it was given
  const wrong: number = session.principal.claims.team
  return void [team, wrong]
})

const byCallback = createWsticket({
  ...common,
  authenticate: async ({ bearer }) =>
    bearer === undefined ? undefined : { subject: bearer, permissions: [], claims: { seats: 3 } },
})

admitUpgrades(createServer(), byCallback, { path: '/ws' }, async (_socket, session) => {
  const seats: number = session.principal.claims.seats
  // @ts-expect-error nobody gave such a claim
  await session.principal.claims.team
  // @ts-expect-error who is connected is not the application's to change
  session.principal.subject = 'somebody else'
  return void seats
})

export async function withoutAdapter(): Promise<void> {
  const admission = await byCallback.redeem('', { audience: '/ws' })
  // @ts-expect-error a refusal has no session: ask `ok` first
  void admission.session
  if (!admission.ok) return void admission.refusal.code
  const seats: number = admission.session.principal.claims.seats
  await byCallback.issue({ subject: 'ada', permissions: [], claims: { seats } })
  // @ts-expect-error claims are as authenticate gives them
  await byCallback.issue({ subject: 'ada', permissions: [], claims: { team: 'x' } })
  // @ts-expect-error a principal has a subject
  await byCallback.issue({ permissions: [], claims: { seats } })
}

// @ts-expect-error a principal without permissions is none
void createWsticket({ ...common, authenticate: async () => ({ subject: 'ada', claims: {} }) })

// @ts-expect-error the audience is required
void jwt({ issuer: 'https://id.example.com' })

// @ts-expect-error options that do not exist are told
void createWsticket({ ...common, authenticate: async () => undefined, origin: 'https://app.example.com' })
