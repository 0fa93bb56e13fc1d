import { describe, expect, it } from 'vitest'
import { ticketAuthEnabled } from './ticket-auth-enabled.js'

describe('ticketAuthEnabled', () => {
  it('is on unless a flag says otherwise', () => {
    expect(ticketAuthEnabled()).toBe(true)
    expect(ticketAuthEnabled(undefined, '', '  ')).toBe(true)
  })

  it.each(['true', '1', 'on', 'YES', ' True '])('reads %j as on', (flag) => {
    expect(ticketAuthEnabled(flag)).toBe(true)
  })

  it.each(['false', '0', 'off', 'No'])('reads %j as off', (flag) => {
    expect(ticketAuthEnabled(flag)).toBe(false)
  })

  it('takes the other name where one is not set', () => {
    expect(ticketAuthEnabled(undefined, 'false')).toBe(false)
    expect(ticketAuthEnabled('false', '')).toBe(false)
    expect(ticketAuthEnabled('0', 'off')).toBe(false)
  })

  it('guesses nothing', () => {
    expect(() => ticketAuthEnabled('enabled')).toThrow(
      'wsticket: the flag for tickets is "enabled"; it must be one of true, 1, on, yes, false, 0, off, no. Example: true',
    )
    expect(() => ticketAuthEnabled('true', '0')).toThrow(/contradict each other/)
  })
})
