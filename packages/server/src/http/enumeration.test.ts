import { randomBytes } from 'node:crypto'
import { PATHS } from '@wsticket/protocol'
import { describe, expect, it } from 'vitest'
import { storeWith } from '../../test/broken-store.js'
import { httpRequest, type Reply, type Rig, rig } from '../../test/rig.js'
import { manualClock } from '../conformance/manual-clock.js'
import { memoryStore } from '../stores/memory.js'

/** What a stranger can ask about somebody's ticket or session, in production. */
const QUESTIONS = [
  ['GET', PATHS.validate],
  ['DELETE', PATHS.ticketByRef],
  ['POST', PATHS.renew],
  ['DELETE', PATHS.sessionByRef],
] as const

/** A rig that counts what its store is asked. */
function counting(): { of: Rig; calls: string[] } {
  const clock = manualClock()
  const calls: string[] = []
  const store = new Proxy(memoryStore({ clock }), {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        calls.push(String(name))
        return value.apply(target, args)
      }
    },
  })
  return { of: rig({ clock, validate: 'owner', store: storeWith(store, {}) }), calls }
}

function ask(
  of: Rig,
  [method, path]: (typeof QUESTIONS)[number],
  ref: string,
  token: string,
): Promise<Reply> {
  return of.ask({ method, target: path.replace('{ref}', ref), token })
}

function unknownRef(): string {
  return `${randomBytes(1).toString('hex')}${randomBytes(17).toString('base64url').slice(0, 22)}`
}

describe('a stranger who asks about refs', () => {
  it.each(QUESTIONS)(
    'by %s %s gets the same bytes and costs the same calls, whether there is one or not',
    async (...question) => {
      const { of, calls } = counting()
      const { ticket, ref } = await of.ticketOf('ada')
      const used = await of.ticketOf('ada')
      await of.wsticket.redeem(used.ticket, { audience: '/ws' })
      const eve = of.tokenOf('eve')
      const observe = async (name: string): Promise<unknown> => {
        calls.length = 0
        const { status, headers, text } = await ask(of, question, name, eve)
        return { status, headers, text, calls: calls.filter((call) => call !== 'notices') }
      }
      const nothing = await observe(unknownRef())
      for (const known of [ref, ticket, used.ref, used.ticket]) expect(await observe(known)).toEqual(nothing)
    },
  )

  it('cannot tell by the time that it takes', async () => {
    // Robust against a busy machine: medians of interleaved rounds, and a bound far above their noise, but below what one
    // more round trip to a store would cost.
    const { of } = counting()
    const { ref } = await of.ticketOf('ada')
    const eve = of.tokenOf('eve')
    const times: Record<'foreign' | 'unknown', number[]> = { foreign: [], unknown: [] }
    const time = async (kind: keyof typeof times, name: string): Promise<void> => {
      const request = httpRequest({ target: PATHS.validate.replace('{ref}', name), token: eve })
      const before = performance.now()
      await of.wsticket.binding.routes.handle(request)
      times[kind].push(performance.now() - before)
    }
    for (let round = 0; round < 2000; round += 1) {
      await time('foreign', ref)
      await time('unknown', unknownRef())
    }
    const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0
    expect(Math.abs(median(times.foreign) - median(times.unknown))).toBeLessThan(0.1)
  })
})

describe('a flood of forged tickets', () => {
  it('costs the store nothing', async () => {
    const { of, calls } = counting()
    await of.ticketOf('ada')
    await of.wsticket.redeem(`wst1_00${'A'.repeat(54)}`, { audience: '/ws' })
    calls.length = 0
    for (let count = 0; count < 1000; count += 1) {
      const forged = `wst1_${randomBytes(1).toString('hex')}${randomBytes(41).toString('base64url').slice(0, 54)}`
      expect(await of.wsticket.redeem(forged, { audience: '/ws' })).toMatchObject({
        refusal: { code: 'ticket_unknown' },
      })
    }
    expect(calls.filter((call) => call !== 'notices' && call !== 'sealKeys')).toEqual([])
    expect(calls.filter((call) => call === 'sealKeys').length).toBeLessThanOrEqual(1)
  })
})
