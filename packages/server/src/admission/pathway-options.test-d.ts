import { createServer } from 'node:http'
import { createWsticket, jwt, memoryStore } from '@wsticket/server'
import { admitUpgrades } from '@wsticket/server/ws'

/** The claims of nobody in particular have the type of everybody's. */
interface TeamClaims {
  readonly [name: string]: unknown
  readonly team: string
}

const common = {
  store: memoryStore(),
  origins: [],
  authenticate: jwt<TeamClaims>({ issuer: 'https://id.example.com', audience: 'chat' }),
}

const wsticket = createWsticket({
  ...common,
  pathways: {
    jwtSubprotocol: 'warn',
    anonymous: { mode: 'on', permissions: ['read'], claims: { team: 'guests' } },
  },
})

admitUpgrades(createServer(), wsticket, { path: '/ws' }, (_socket, session) => {
  const team: string = session.principal.claims.team
  const pathway: 'ticket' | 'jwt_subprotocol' | 'anonymous' = session.pathway
  return void [team, pathway]
})

// @ts-expect-error these claims are not those of the principals, and do not change what those are
createWsticket({ ...common, pathways: { anonymous: { claims: {} } } })

// @ts-expect-error there is no such mode
createWsticket({ ...common, pathways: { jwtSubprotocol: true } })

// @ts-expect-error there is no such pathway
createWsticket({ ...common, pathways: { cookie: 'on' } })
