import { PATHWAYS, type Pathway, readCarriers } from '@wsticket/protocol'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { httpRequest } from '../../test/rig.js'
import { systemRandom } from '../authority/secret.js'
import { systemClock } from '../clock.js'
import { EventHub } from '../events/hub.js'
import { pathwayEntries } from './pathway-entries.js'
import { choosePathway, type PathwayMode, type PathwayRequest } from './pathways.js'

const A = `wst1_00${'A'.repeat(54)}`
const B = `wst1_00${'B'.repeat(54)}`

const authentication = {
  authenticate: async () => undefined,
  events: new EventHub(systemClock),
  clock: systemClock,
}
const mode = fc.constantFrom<PathwayMode>('off', 'warn', 'on')
const modes = fc.record<Record<Pathway, PathwayMode>>({
  ticket: mode,
  jwt_subprotocol: mode,
  anonymous: mode,
})
const offered = fc.subarray([
  ...['wsticket.v1', 'wsticket.refused', 'chat.v2'],
  ...[`wsticket.${A}`, `wsticket.${B}`, 'wsticket.undefined', 'wsticket.'],
  ...['jwt.a.b.c', 'jwt.a.b.d', 'jwt.'],
])
const query = fc.constantFrom('', `?ticket=${A}`, `?auth_ticket=${B}&ticket=${A}`, '?ticket=mine')

it('the first open pathway whose credential is there decides, and nobody who presents one is anonymous', () => {
  fc.assert(
    fc.property(modes, offered, query, (open, names, search) => {
      const protocolHeader = names.length === 0 ? undefined : names.join(', ')
      const target = `/ws${search}`
      const reading = readCarriers({ target, protocolHeader })
      const request: PathwayRequest = { request: httpRequest({ target }), reading, address: '192.0.2.1' }
      const anonymous = { permissions: [], claims: {} }
      const entries = pathwayEntries({ modes: open, anonymous }, { authentication, random: systemRandom })
      const choice = choosePathway(entries, request)

      // Written down anew, from the words of the protocol.
      const beside = names.includes('wsticket.v1')
      const tickets = new Set(
        [A, B].filter((one) => search.includes(one) || (beside && names.includes(`wsticket.${one}`))),
      )
      const jwts = beside ? names.filter((name) => name.startsWith('jwt.')) : []
      if (tickets.size > 1 || jwts.length > 1) {
        expect(choice).toMatchObject({ ok: false, refusal: { code: 'credential_ambiguous' } })
        return
      }
      const strange = names.some(
        (name) =>
          name.startsWith('wsticket.') &&
          !['wsticket.v1', 'wsticket.refused'].includes(name) &&
          !(beside && (name === `wsticket.${A}` || name === `wsticket.${B}`)),
      )
      const there: Record<Pathway, boolean> = {
        ticket: tickets.size === 1,
        jwt_subprotocol: jwts.length === 1,
        anonymous: tickets.size + jwts.length === 0 && !strange,
      }
      const expected = PATHWAYS.find((name) => there[name] && open[name] !== 'off')
      if (choice.ok) {
        expect(choice.pathway.name).toBe(expected)
        expect(choice.deprecated).toBe(open[choice.pathway.name] === 'warn')
        return
      }
      expect(expected).toBeUndefined()
      const meant = PATHWAYS.find((name) => there[name] && name !== 'anonymous')
      expect(choice.refusal.code).toBe(meant === undefined ? 'credential_missing' : 'pathway_disabled')
      expect(choice.pathway).toBe(meant)
    }),
    { numRuns: 2000 },
  )
})
