import { Writable } from 'node:stream'
import { expect, it } from 'vitest'
import type { LogLevel } from './config.js'
import { createLogger } from './logger.js'

function lines(level: LogLevel, write: (log: ReturnType<typeof createLogger>) => void): string[] {
  const out: string[] = []
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      out.push(chunk.toString())
      done()
    },
  })
  write(createLogger(level, destination))
  return out
}

const TICKET = `wst1_${'a'.repeat(56)}`

it('writes JSON lines with level, time and fields', () => {
  const [line = ''] = lines('info', (log) => log.warn({ event: 'e', n: 1 }, 'message'))
  expect(JSON.parse(line)).toMatchObject({
    level: 'warn',
    service: 'wsticket-chat',
    event: 'e',
    n: 1,
    msg: 'message',
  })
  expect(line).toMatch(/"time":"\d{4}-\d\d-\d\dT[\d:.]+Z"/)
  expect(line.trim()).not.toContain('\n')
})

it('keeps secrets out, at any of three depths and in errors', () => {
  const out = lines('info', (log) => {
    log.info({
      password: 'canary',
      a: { access_token: 'canary', b: { refresh_token: 'canary' } },
      apiKey: 'canary',
    })
    log.error({ err: new Error(`bad ${TICKET}`) })
    log.error({ err: TICKET })
  }).join('')
  expect(out).not.toContain('canary')
  expect(out).not.toContain('aaaa')
  expect(out).toContain('[redacted]')
  expect(out).toContain('"type":"Error"')
})

it('keeps quiet below its level, and line breaks escaped', () => {
  expect(lines('error', (log) => log.info('x'))).toEqual([])
  expect(lines('silent', (log) => log.fatal('x'))).toEqual([])
  expect(lines('info', (log) => log.info({ origin: 'a\r\nforged' }, 'x'))).toHaveLength(1)
  expect(lines('info', (log) => log.info({ origin: 'a\r\nforged' }, 'x'))[0]?.trim()).not.toMatch(/[\r\n]/)
})

// U+009B starts a terminal's command like ESC [, U+202E turns what follows around.
it('escapes what a terminal would obey or hide, in values and names, and stays JSON', () => {
  const unseen = '\u007f\u0085\u009b2J\u2028\u2029\u202a\u202e\u2066\u2069'
  const [line = ''] = lines('info', (log) => log.info({ origin: unseen, [unseen]: 'é' }, unseen))
  expect(line.trim()).toMatch(/^[\x20-\x7eé]+$/)
  expect(line).toContain('\\u009b2J')
  expect(JSON.parse(line)).toMatchObject({ origin: unseen, [unseen]: 'é', msg: unseen })
})
