import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CLIENT_ACTIONS,
  type ClientAction,
  isRefusalCode,
  parseCloseReason,
  type RefusalCode,
} from './client-actions.js'
import { formatCloseReason, REFUSALS } from './refusals.js'

// Written out from the contract, not derived from the code: where the two differ, one of them is a defect.
const NORMATIVE: readonly (readonly [RefusalCode, number | undefined, number | undefined, ClientAction])[] = [
  ['credential_missing', 401, 3000, 'fetch-ticket-once'],
  ['credential_ambiguous', 403, 3003, 'stop'],
  ['credential_invalid', 401, 3000, 'refresh-credential-once'],
  ['credential_revoked', 401, 3003, 'stop-until-login'],
  ['permissions_exceeded', 403, undefined, 'stop'],
  ['ticket_unknown', 403, 3000, 'fresh-ticket'],
  ['ticket_expired', 403, 3000, 'fresh-ticket'],
  ['ticket_used', 403, 3000, 'fresh-ticket'],
  ['ticket_voided', 403, 3000, 'fresh-ticket'],
  ['ticket_revoked', 403, 3003, 'stop-until-login'],
  ['audience_mismatch', 403, 3003, 'stop'],
  ['binding_mismatch', 403, 3003, 'stop'],
  ['origin_refused', 403, undefined, 'stop'],
  ['pathway_disabled', 403, 3003, 'ask-config-once'],
  ['session_revoked', undefined, 3003, 'stop-until-login'],
  ['session_closed', undefined, 3003, 'stop'],
  ['session_expired', undefined, 3008, 'refresh-and-reconnect'],
  ['session_idle', undefined, 3008, 'reconnect-on-send'],
  ['session_limit', 429, 1013, 'back-off'],
  ['rate_limited', 429, 1013, 'back-off'],
  ['store_unavailable', 503, 1013, 'back-off'],
  ['identity_unavailable', 503, 1013, 'back-off'],
  ['draining', 503, 1012, 'reconnect-with-jitter'],
  ['upstream_unreachable', 502, 1014, 'back-off'],
  ['request_invalid', 400, undefined, 'stop'],
  ['not_found', 404, undefined, 'stop'],
  ['session_over', 409, undefined, 'stop'],
]

const codes = NORMATIVE.map(([code]) => code)

describe('REFUSALS', () => {
  it.each(NORMATIVE)('has %s as HTTP %s, close %s: %s', (code, http, close, action) => {
    const row = REFUSALS[code]
    expect([row.http, row.close, row.action]).toEqual([http, close, action])
    expect(Object.hasOwn(row, 'http')).toBe(http !== undefined)
    expect(Object.hasOwn(row, 'close')).toBe(close !== undefined)
  })

  it('has no other rows', () => {
    expect(Object.keys(REFUSALS)).toEqual(codes)
  })

  it('has a sentence for each code, and no two alike', () => {
    const titles = Object.values(REFUSALS).map((row) => row.title)
    expect(new Set(titles).size).toBe(titles.length)
    for (const title of titles) expect(title).toMatch(/^[A-Z].{8,79}[^.]$/)
  })

  it('uses every action that a client knows', () => {
    expect(new Set(NORMATIVE.map(([, , , action]) => action))).toEqual(new Set(Object.values(CLIENT_ACTIONS)))
  })
})

describe('isRefusalCode', () => {
  it('knows the codes and nothing else, inherited names and other types included', () => {
    for (const code of codes) expect(isRefusalCode(code)).toBe(true)
    fc.assert(
      fc.property(fc.anything(), (value) => isRefusalCode(value) === codes.some((code) => code === value)),
    )
    for (const text of ['', 'toString', '__proto__', 'constructor', 'hasOwnProperty', 'TICKET_USED']) {
      expect(isRefusalCode(text), text).toBe(false)
    }
  })
})

describe('close reasons', () => {
  it.each(codes)('say %s within the 123 bytes of a close frame, and are read back', (code) => {
    expect(parseCloseReason(formatCloseReason(code))).toEqual({ code })
    expect(formatCloseReason(code)).toBe(code)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999 }), (seconds) => {
        const reason = formatCloseReason(code, seconds)
        expect(new TextEncoder().encode(reason).length).toBeLessThanOrEqual(123)
        expect(parseCloseReason(reason)).toEqual({ code, retryAfterSeconds: seconds })
      }),
      { numRuns: 20 },
    )
  })

  it('stay within 123 bytes for every number there is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...codes), fc.double(), (code, seconds) => {
        const reason = formatCloseReason(code, seconds)
        expect(reason.length).toBeLessThanOrEqual(123)
        expect(parseCloseReason(reason)?.code).toBe(code)
      }),
    )
  })

  it('round a fraction of a second up, so that nobody comes back too early', () => {
    expect(formatCloseReason('rate_limited', 0.2)).toBe('rate_limited;retry_after=1')
    expect(formatCloseReason('rate_limited', 2)).toBe('rate_limited;retry_after=2')
  })

  it('are read past parameters that a later version may add', () => {
    expect(parseCloseReason('draining;node=7;retry_after=3')).toEqual({
      code: 'draining',
      retryAfterSeconds: 3,
    })
    expect(parseCloseReason('draining;retry_after=soon')).toEqual({ code: 'draining' })
    expect(parseCloseReason('draining;retry_after=-1')).toEqual({ code: 'draining' })
    expect(parseCloseReason('draining;')).toEqual({ code: 'draining' })
  })

  it('of others are not taken for ours', () => {
    for (const reason of ['', 'bye', 'toString', ' draining', 'draining ', 'Draining', ';retry_after=3']) {
      expect(parseCloseReason(reason), reason).toBeUndefined()
    }
    fc.assert(
      fc.property(fc.string(), (reason) => {
        const parsed = parseCloseReason(reason)
        expect(parsed === undefined || reason.startsWith(parsed.code)).toBe(true)
      }),
    )
  })
})
