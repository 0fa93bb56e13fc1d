import { afterEach, describe, expect, it, vi } from 'vitest'
import { environment, isDevelopment, ticketFlag } from './environment.js'

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('the environment', () => {
  it('is that of the process, and empty where there is no process', () => {
    expect(environment()).toBe(process.env)
    vi.stubGlobal('process', undefined)
    expect(environment()).toEqual({})
  })

  it('is a development only where it says so', () => {
    for (const mode of ['development', 'test']) expect(isDevelopment({ NODE_ENV: mode })).toBe(true)
    for (const mode of [undefined, '', 'production', 'Development', 'staging'])
      expect(isDevelopment({ NODE_ENV: mode })).toBe(false)
  })
})

describe('the flag for tickets', () => {
  it.each([
    [{}, undefined],
    [{ ENABLE_TICKET_AUTH: '' }, undefined],
    [{ ENABLE_TICKET_AUTH: ' ', ENABLE_WEBSOCKET_TICKETS: '' }, undefined],
    [{ ENABLE_TICKET_AUTH: 'true' }, true],
    [{ ENABLE_TICKET_AUTH: '1' }, true],
    [{ ENABLE_TICKET_AUTH: ' On ' }, true],
    [{ ENABLE_TICKET_AUTH: 'YES' }, true],
    [{ ENABLE_TICKET_AUTH: 'false' }, false],
    [{ ENABLE_TICKET_AUTH: '0' }, false],
    [{ ENABLE_TICKET_AUTH: 'off' }, false],
    [{ ENABLE_TICKET_AUTH: 'no' }, false],
    [{ ENABLE_WEBSOCKET_TICKETS: 'false' }, false],
    [{ ENABLE_WEBSOCKET_TICKETS: 'true' }, true],
    [{ ENABLE_TICKET_AUTH: 'off', ENABLE_WEBSOCKET_TICKETS: 'false' }, false],
    [{ ENABLE_TICKET_AUTH: '', ENABLE_WEBSOCKET_TICKETS: 'true' }, true],
  ])('of %j is %j', (variables, flag) => {
    expect(ticketFlag(variables)).toBe(flag)
  })

  it('says which variable is wrong, and what it must be', () => {
    expect(() => ticketFlag({ ENABLE_TICKET_AUTH: 'flase' })).toThrow(
      new TypeError(
        'ENABLE_TICKET_AUTH is "flase"; it must be one of true, 1, on, yes, false, 0, off, no. Example: true',
      ),
    )
    expect(() => ticketFlag({ ENABLE_TICKET_AUTH: 'on', ENABLE_WEBSOCKET_TICKETS: '10%' })).toThrow(
      /^ENABLE_WEBSOCKET_TICKETS is "10%"; /,
    )
    expect(() => ticketFlag({ ENABLE_TICKET_AUTH: 'x'.repeat(200) })).toThrow(/"x{40}"/)
  })

  it('does not choose between two that contradict each other', () => {
    expect(() => ticketFlag({ ENABLE_TICKET_AUTH: 'on', ENABLE_WEBSOCKET_TICKETS: 'off' })).toThrow(
      new TypeError(
        'ENABLE_TICKET_AUTH and ENABLE_WEBSOCKET_TICKETS contradict each other; set one of them, or both alike',
      ),
    )
  })
})
