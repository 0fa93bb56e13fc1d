import { expect, it, vi } from 'vitest'
import { asTicketError, isTicketError, TicketError } from './ticket-error.js'

// An application that throws a TicketError of its own copy once was asked for a credential for ever.
it('knows the error of another copy of the package, and keeps its code', async () => {
  vi.resetModules()
  const other = await import('./ticket-error.js')
  const error = new other.TicketError('credential_revoked', { retryAfterSeconds: 3 })
  expect(error).not.toBeInstanceOf(TicketError)
  expect(isTicketError(error)).toBe(true)
  expect(asTicketError(error)).toBe(error)
})

it('takes nothing else for one: what only looks so, or has a code of another version', async () => {
  const { message, ...fields } = new TicketError('credential_revoked')
  const lookalike = Object.assign(new Error(message), fields)
  const later = Object.defineProperty(new TicketError('not_found'), 'code', { value: 'teapot' })
  for (const value of [
    lookalike,
    later,
    { code: 'credential_revoked' },
    null,
    undefined,
    'credential_revoked',
    Error,
  ]) {
    expect(isTicketError(value)).toBe(false)
    const { code, cause } = asTicketError(value)
    expect([code, cause]).toEqual(['credential_unavailable', value])
  }
})
