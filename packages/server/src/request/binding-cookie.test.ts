import { describe, expect, it } from 'vitest'
import { headerLines } from '../../test/rig.js'
import { bindingCookie } from './binding-cookie.js'

const VALUE = 'v'.repeat(43)
const read = (cookie: string | readonly string[]): string | undefined =>
  bindingCookie(headerLines({ cookie }))

describe('bindingCookie', () => {
  it('is found among others, in one line or several', () => {
    expect(read(`__Host-wsticket=${VALUE}`)).toBe(VALUE)
    expect(read(`a=1;__Host-wsticket=${VALUE} ; b=2`)).toBe(VALUE)
    expect(read(['a=1', `__Host-wsticket=${VALUE}`])).toBe(VALUE)
  })

  it.each([
    '',
    'a=1',
    `wsticket=${VALUE}`,
    `__host-wsticket=${VALUE}`,
    `x__Host-wsticket=${VALUE}`,
    `__Host-wsticket=${VALUE}x`,
    '__Host-wsticket=',
    `__Host-wsticket="${VALUE}"`,
    `__Host-wsticket=${VALUE}; __Host-wsticket=${VALUE}`,
    `__Host-wsticket=${VALUE}, __Host-wsticket=${'x'.repeat(43)}`,
  ])('is none in %j', (cookie) => {
    expect(read(cookie)).toBeUndefined()
  })

  it('is none without a cookie', () => {
    expect(bindingCookie(headerLines({}))).toBeUndefined()
  })
})
