import { expect, test } from 'vitest'
import { manualClock } from '../conformance/index.js'
import { countEvents } from './counters.js'
import { EventHub } from './hub.js'

test('counts what happened since it began, refusals also by code, sessions by pathway', () => {
  const hub = new EventHub(manualClock())
  const counters = countEvents(hub)
  expect(counters()).toEqual({
    issued: 0,
    redeemed: 0,
    refused: 0,
    revoked: 0,
    refusedByCode: new Map(),
    byPathway: new Map(),
  })
  const ticket = { ref: 'r', subject: 's', audience: '/ws' }
  hub.emit('ticket.issued', { ...ticket, ttlSeconds: 60, singleUse: true })
  hub.emit('ticket.issued', { ...ticket, ttlSeconds: 60, singleUse: true })
  hub.emit('ticket.redeemed', { ...ticket, durationMs: 1 })
  hub.emit('request.refused', { code: 'rate_limited', operation: 'ticket' })
  hub.emit('redeem.refused', { code: 'ticket_used', pathway: 'ticket' })
  hub.emit('redeem.refused', { code: 'ticket_used', pathway: 'ticket' })
  hub.emit('redeem.refused', { code: 'pathway_disabled', pathway: 'anonymous' })
  hub.emit('redeem.refused', { code: 'credential_missing' })
  hub.emit('ticket.revoked', { ref: 'r' })
  hub.emit('session.revoked', { ref: 'r', code: 'session_closed' })
  hub.emit('login.revoked', { subject: 's', login: 'l' })
  hub.emit('subject.revoked', { subject: 's' })
  hub.emit('session.opened', { ...ticket, pathway: 'ticket', deadline: 1 })
  hub.emit('session.opened', { ...ticket, pathway: 'jwt_subprotocol', deadline: 1 })
  hub.emit('session.opened', { ...ticket, pathway: 'jwt_subprotocol', deadline: 1 })
  // Told beside the session that it opened.
  hub.emit('pathway.used', { ...ticket, pathway: 'jwt_subprotocol', deprecated: true, durationMs: 1 })
  expect(counters()).toEqual({
    issued: 2,
    redeemed: 1,
    refused: 5,
    revoked: 4,
    refusedByCode: new Map([
      ['rate_limited', 1],
      ['ticket_used', 2],
      ['pathway_disabled', 1],
      ['credential_missing', 1],
    ]),
    byPathway: new Map([
      ['ticket', { opened: 1, refused: 2 }],
      ['anonymous', { opened: 0, refused: 1 }],
      ['jwt_subprotocol', { opened: 2, refused: 0 }],
    ]),
  })
})
