import fc from 'fast-check'
import { expect, test } from 'vitest'
import { comparable, holder, record } from '../../conformance/store/given.js'
import { toWord } from './text.js'
import { boundWords, readTicket, ticketBody } from './ticket-value.js'

const anyText = fc.string({ unit: 'binary' })

test('a ticket comes back as it went in, whatever its texts are', () => {
  fc.assert(
    fc.property(
      fc.record({
        a: anyText,
        permissions: fc.array(anyText),
        claims: fc.dictionary(anyText, fc.jsonValue()),
      }),
      ({ a, permissions, claims }) => {
        const kept = record({
          holder: holder(undefined, { login: 'f'.repeat(64), issuedAt: 1, expiresAt: 2.5 }),
          principal: { issuer: a, subject: a, email: a, permissions, claims },
          metadata: { [a]: a },
          audience: a,
          bindings: { origin: a },
        })
        const words = ['o', 's', '1', '2', kept.holder.subject, kept.holder.login, 'g', '-', '-']
        const line = `${words.join(' ')} ${boundWords(a, kept.bindings)} - - ${toWord(a)} - -`
        const value = readTicket(kept.ref, `${line}\n${ticketBody(kept)}`)
        expect(comparable(value.record)).toEqual(comparable(kept))
        expect(value.address).toBe(a)
        expect(value.origin).toBeUndefined()
        expect(value.expiresAt).toBe(2)
      },
    ),
  )
})
