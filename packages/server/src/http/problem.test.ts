import { REFUSALS, type RefusalCode } from '@wsticket/protocol'
import { describe, expect, it } from 'vitest'
import { problem } from './problem.js'
import { problemSchema } from './schemas.js'

const codes = Object.keys(REFUSALS) as RefusalCode[]

describe('problem', () => {
  it.each(codes)('has the status of the table for %s', (code) => {
    const { status, headers, body } = problem({ code }, '/docs/refusals')
    expect(status).toBe(REFUSALS[code].http ?? 403)
    expect(headers).toMatchObject({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
    const parsed = problemSchema.parse(JSON.parse(String(body)))
    expect(parsed).toMatchObject({
      type: `/docs/refusals#${code}`,
      status,
      code,
      title: REFUSALS[code].title,
    })
    expect('retry-after' in headers).toBe(status === 429 || status === 503)
    expect('www-authenticate' in headers).toBe(status === 401)
  })

  it('carries ref, detail, status and delay where there are any', () => {
    const { status, headers, body } = problem(
      { code: 'request_invalid', status: 426, detail: 'why', ref: 'r', retryAfterSeconds: 7 },
      'https://docs.example.com/refusals',
    )
    expect(status).toBe(426)
    expect(headers).toMatchObject({ 'retry-after': '7', upgrade: 'websocket', 'sec-websocket-version': '13' })
    expect(JSON.parse(String(body))).toMatchObject({ detail: 'why', ref: 'r', retry_after: 7 })
  })
})
