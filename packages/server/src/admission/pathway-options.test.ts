import { describe, expect, it } from 'vitest'
import { type PathwayOptions, resolvePathways } from './pathway-options.js'

/** What somebody gives who writes no types. */
function untyped(given: unknown): PathwayOptions {
  return given as PathwayOptions
}

describe('the pathways', () => {
  it('are tickets alone unless others are named', () => {
    const tickets = { ticket: 'on', jwt_subprotocol: 'off', anonymous: 'off' }
    expect(resolvePathways(undefined, undefined).modes).toEqual(tickets)
    expect(resolvePathways({}, undefined).modes).toEqual(tickets)
    expect(resolvePathways({ jwtSubprotocol: undefined, anonymous: undefined }, undefined).modes).toEqual(
      tickets,
    )
  })

  it('are each off, warn or on', () => {
    expect(
      resolvePathways({ ticket: 'off', jwtSubprotocol: 'warn', anonymous: 'on' }, undefined).modes,
    ).toEqual({ ticket: 'off', jwt_subprotocol: 'warn', anonymous: 'on' })
  })

  it('give anonymous clients nothing, unless it is named', () => {
    expect(resolvePathways({ anonymous: 'on' }, undefined).anonymous).toEqual({ permissions: [], claims: {} })
    const named = { permissions: ['read'], claims: { room: 'lobby' } }
    expect(resolvePathways({ anonymous: named }, undefined)).toMatchObject({
      modes: { anonymous: 'on' },
      anonymous: named,
    })
    expect(resolvePathways({ anonymous: { ...named, mode: 'warn' } }, undefined)).toEqual({
      modes: { ticket: 'on', jwt_subprotocol: 'off', anonymous: 'warn' },
      anonymous: named,
    })
  })

  it.each([
    [false, undefined, 'off'],
    [false, 'on', 'off'],
    [false, 'warn', 'off'],
    [true, undefined, 'on'],
    [true, 'warn', 'warn'],
    [true, 'off', 'on'],
    [undefined, 'off', 'off'],
  ] as const)('with a flag %j and tickets %j leave tickets %s', (flag, ticket, mode) => {
    expect(resolvePathways({ ticket, jwtSubprotocol: 'on' }, flag).modes.ticket).toBe(mode)
  })

  it('must let somebody in', () => {
    expect(() => resolvePathways({ ticket: 'off' }, undefined)).toThrow(
      new TypeError(
        'pathways: every one is off, so nobody could connect: all are named so. Open one. ' +
          "Example: pathways: { jwtSubprotocol: 'warn' }",
      ),
    )
    expect(() => resolvePathways({}, false)).toThrow(/ENABLE_TICKET_AUTH switches tickets off here/)
    expect(resolvePathways({ anonymous: 'warn' }, false).modes.ticket).toBe('off')
  })

  it.each([
    [{ jwtsubprotocol: 'on' }, /^pathways\.jwtsubprotocol is no option; there are: pathways\.ticket/],
    [{ jwtSubprotocol: true }, /^pathways\.jwtSubprotocol is true; it must be one of: off, warn, on$/],
    [{ ticket: 'shadow' }, /^pathways\.ticket is "shadow"/],
    [{ anonymous: 'yes' }, /^pathways\.anonymous is "yes"; it must be one of: off, warn, on$/],
    // A switch that says no must not be read as a description of what everybody gets.
    [{ anonymous: false }, /^pathways\.anonymous is false; it must be one of: off, warn, on, or/],
    [{ anonymous: null }, /^pathways\.anonymous is null/],
    [{ anonymous: ['read'] }, /^pathways\.anonymous is \["read"\]/],
    [{ anonymous: { permission: ['read'] } }, /^pathways\.anonymous\.permission is no option/],
    [{ anonymous: { mode: 'no' } }, /^pathways\.anonymous is "no"/],
    [{ anonymous: { permissions: 'read' } }, /^pathways\.anonymous\.permissions must be an array of strings/],
    [{ anonymous: { permissions: [1] } }, /^pathways\.anonymous\.permissions must be an array of strings/],
    [{ anonymous: { claims: null } }, /^pathways\.anonymous\.claims must be an object/],
    [{ anonymous: { claims: 'x' } }, /^pathways\.anonymous\.claims must be an object/],
  ])('say what is wrong with %j', (given, message) => {
    expect(() => resolvePathways(untyped(given), undefined)).toThrow(TypeError)
    expect(() => resolvePathways(untyped(given), undefined)).toThrow(message)
  })
})
