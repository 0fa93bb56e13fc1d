import { describe, expect, it } from 'vitest'
import { introspection } from './introspection.js'
import type { IntrospectionOptions } from './introspection-options.js'

const URL_OF_SERVICE = 'https://id.example.com/introspect'

function make(options: object): unknown {
  return introspection({ url: URL_OF_SERVICE, ...options })
}

const nobody = (): undefined => undefined

describe('options of introspection', () => {
  it.each([
    [{ timeout: 5 }, /introspection\.timeout is no option; there are: introspection\.url, /],
    [{ breaker: { after: 5 } }, /introspection\.breaker\.after is no option/],
    [{ client: { id: 'chat', secret: 's', key: 'k' } }, /introspection\.client\.key is no option/],
    [{ claimNames: { sub: 'uid' } }, /introspection\.claimNames\.sub is no option/],
    [{ url: undefined }, /introspection\.url is undefined; is an environment variable unset/],
    [{ client: undefined }, /introspection\.client is undefined/],
    [{ bearer: undefined }, /introspection\.bearer is undefined/],
    [{ issuer: undefined }, /introspection\.issuer is undefined/],
    [{ audience: undefined }, /introspection\.audience is undefined/],
    [{ issuer: ' ' }, /introspection\.issuer must be the exact `iss`/],
    [{ audience: '' }, /introspection\.audience must be/],
    [{ audience: [] }, /introspection\.audience must be/],
    [{ audience: ['chat', ''] }, /introspection\.audience must be/],
    [{ url: 'introspect' }, /introspection\.url must be an address such as https:/],
    [{ url: 7 }, /introspection\.url must be an address/],
    [{ url: 'http://id.example.com/' }, /must begin with https: .*dangerouslyAllowPlainHttp/],
    [{ url: 'http://localhost.example.com/' }, /must begin with https/],
    [{ url: 'http://127.0.0.1.example.com/' }, /must begin with https/],
    [{ url: 'ftp://id.example.com/', dangerouslyAllowPlainHttp: true }, /must begin with https/],
    [{ url: 'https://chat@id.example.com/' }, /has a user or password in it; give them as `client`/],
    [{ url: 'https://:hunter2@id.example.com/' }, /has a user or password in it/],
    [{ client: { id: 'chat' } }, /introspection\.client\.secret must be a text/],
    [{ client: { id: '', secret: 'hunter2' } }, /introspection\.client\.id must be a text/],
    [{ client: { id: 'chat', secret: 'hunter2\n' } }, /introspection\.client\.secret .*white space/],
    [{ bearer: 'hunter2\n' }, /introspection\.bearer cannot be sent/],
    [{ bearer: '' }, /introspection\.bearer cannot be sent/],
    [{ bearer: 7 }, /introspection\.bearer cannot be sent/],
    [{ headers: { 'x key': 'hunter2' } }, /introspection\.headers: "x key" is no name of a header/],
    [
      { headers: { 'x-key': 'hunter2\r\nx-more: 1' } },
      /introspection\.headers: the value of x-key cannot be/,
    ],
    [{ headers: { 'x-key': 7 } }, /the value of x-key cannot be sent/],
    [{ client: { id: 'chat', secret: 'hunter2' }, bearer: 'b' }, /client and bearer exclude each other/],
    [
      { bearer: 'hunter2', headers: { Authorization: 'Basic hunter2' } },
      /bearer and headers\.authorization exclude each other/,
    ],
    [{ skewSeconds: 31 }, /introspection\.skewSeconds is 31; it must be a whole number from 0 to 30/],
    [{ timeoutMs: 0 }, /introspection\.timeoutMs is 0; it must be a whole number from 1 to 4000/],
    [{ timeoutMs: 4001 }, /introspection\.timeoutMs/],
    [{ cacheSeconds: 61 }, /introspection\.cacheSeconds is 61; it must be a whole number from 0 to 60/],
    [{ cacheSeconds: -1 }, /introspection\.cacheSeconds/],
    [{ goodForSeconds: 59 }, /introspection\.goodForSeconds is 59; it must be .* from 60 to 2678400/],
    [{ breaker: { failures: 0 } }, /introspection\.breaker\.failures is 0; it must be .* from 1 to 1000/],
    [{ breaker: { openSeconds: 301 } }, /introspection\.breaker\.openSeconds is 301; .* from 1 to 300/],
    [{ invalidStatuses: 401 }, /introspection\.invalidStatuses must be a list/],
    [{ invalidStatuses: [500] }, /introspection\.invalidStatuses is 500; .* from 400 to 499/],
    [{ invalidStatuses: [401, 429] }, /429 says something about the service/],
    [{ invalidStatuses: [408] }, /408 says something about the service/],
    [{ principal: 'sub' }, /introspection\.principal must be a function/],
    [{ request: {} }, /introspection\.request must be a function/],
    [{ principal: nobody, audience: 'chat' }, /audience does nothing beside principal/],
    [{ principal: nobody, keepClaims: ['a'] }, /keepClaims does nothing beside principal/],
  ])('refuses %j, and says what to do, and no secret', (wrong, message) => {
    expect(() => make(wrong)).toThrow(TypeError)
    expect(() => make(wrong)).toThrow(message)
    expect(() => make(wrong)).not.toThrow(/hunter2/)
  })

  it.each([undefined, null, 'https://id.example.com/introspect'])('refuses %j instead of options', (none) => {
    expect(() => introspection(none as unknown as IntrospectionOptions)).toThrow(
      /introspection needs options/,
    )
  })

  it.each([
    'http://localhost:3000/check',
    'http://auth.localhost/',
    'http://127.0.0.1/',
    'http://127.1/',
    'http://[::1]:8080/',
  ])('takes %s without TLS, since it does not leave the machine', (url) => {
    expect(() => make({ url })).not.toThrow()
  })

  it('takes another address without TLS if it is told that this is dangerous', () => {
    expect(() => make({ url: 'http://auth:3000/', dangerouslyAllowPlainHttp: true })).not.toThrow()
  })

  it('takes the bounds of what it takes', () => {
    for (const options of [
      { cacheSeconds: 0, timeoutMs: 1, skewSeconds: 0, goodForSeconds: 60 },
      { cacheSeconds: 60, timeoutMs: 4000, skewSeconds: 30, goodForSeconds: 2_678_400 },
      { breaker: { failures: 1, openSeconds: 1 }, invalidStatuses: [400, 499] },
      { breaker: { failures: 1000, openSeconds: 300 }, headers: {} },
    ])
      expect(() => make(options)).not.toThrow()
  })

  it('names its issuer, so that a user can be revoked without repeating it', () => {
    const issuer = 'https://id.example.com'
    expect(introspection({ url: URL_OF_SERVICE, issuer }).issuer).toBe(issuer)
    expect(introspection({ url: URL_OF_SERVICE }).issuer).toBeUndefined()
  })
})
