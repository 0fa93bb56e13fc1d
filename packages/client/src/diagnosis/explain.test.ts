import { REFUSALS } from '@wsticket/protocol'
import { describe, expect, it } from 'vitest'
import type { CauseCode } from '../core/connection-types.js'
import { explain } from './explain.js'

const refusals = Object.keys(REFUSALS) as (keyof typeof REFUSALS)[]
const others: readonly CauseCode[] = [
  'network_unreachable',
  'response_invalid',
  'credential_unavailable',
  'started',
  'connected',
  'connection_failed',
  'connection_lost',
  'offline',
  'websocket_blocked',
  'closed_by_server',
  'closed_by_client',
]

describe('explain()', () => {
  it.each([...refusals, ...others])('has a short sentence without technical words for %s', (code) => {
    const sentence = explain({ code })
    expect(sentence).toMatch(/^[A-Z].*[.…]$/)
    expect(sentence.length).toBeLessThanOrEqual(150)
    expect(sentence).not.toMatch(/_|ticket|credential|token|JWT|WebSocket|origin|1006|upgrade/i)
  })

  it('says what a user can do', () => {
    expect(explain({ code: 'credential_revoked' })).toMatch(/sign in again/)
    expect(explain({ code: 'offline' })).toMatch(/offline/)
    expect(explain({ code: 'websocket_blocked' })).toMatch(/another network/)
  })
})
