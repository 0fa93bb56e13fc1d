import { expect, test } from 'vitest'
import { manualClock } from '../conformance/index.js'
import { countEvents } from './counters.js'
import { EventHub } from './hub.js'

test('counts what happened since it began, refusals also by code', () => {
  const hub = new EventHub(manualClock())
  const counters = countEvents(hub)
  expect(counters()).toEqual({ issued: 0, redeemed: 0, refused: 0, revoked: 0, refusedByCode: new Map() })
  const ticket = { ref: 'r', subject: 's', audience: '/ws' }
  hub.emit('ticket.issued', { ...ticket, ttlSeconds: 60, singleUse: true })
  hub.emit('ticket.issued', { ...ticket, ttlSeconds: 60, singleUse: true })
  hub.emit('ticket.redeemed', { ...ticket, durationMs: 1 })
  hub.emit('request.refused', { code: 'rate_limited', operation: 'ticket' })
  hub.emit('redeem.refused', { code: 'ticket_used' })
  hub.emit('redeem.refused', { code: 'ticket_used' })
  hub.emit('ticket.revoked', { ref: 'r' })
  hub.emit('session.revoked', { ref: 'r', code: 'session_closed' })
  hub.emit('login.revoked', { subject: 's', login: 'l' })
  hub.emit('subject.revoked', { subject: 's' })
  hub.emit('session.opened', { ...ticket, deadline: 1 })
  expect(counters()).toEqual({
    issued: 2,
    redeemed: 1,
    refused: 3,
    revoked: 4,
    refusedByCode: new Map([
      ['rate_limited', 1],
      ['ticket_used', 2],
    ]),
  })
})
