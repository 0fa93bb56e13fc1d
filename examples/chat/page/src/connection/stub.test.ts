import type { StateChange } from '@wsticket/client'
import { describe, expect, it } from 'vitest'
import {
  admitted,
  change,
  connecting,
  fetching,
  open,
  REF as ref,
  renewing,
  stopped,
  waiting,
} from '../../../test/states.js'
import { BLANK_STUB, type Print, printOf, type Stub, stubAfter } from './stub.js'

describe('the paper', () => {
  const print: Print = printOf({ ticket: 'secret', ref, expiresAt: 60_000 }, 0)
  const whole: Stub = { ...print, phase: 'whole' }
  const torn: Stub = { ...print, phase: 'torn', redeemedAt: 1000 }
  const step = (stub: Stub, of: StateChange): Stub => stubAfter(stub, of, { print, now: 1000 })

  it('is printed when the ticket is fetched and torn when it is redeemed', () => {
    expect(step(BLANK_STUB, change(fetching({ code: 'started' }), connecting()))).toEqual(whole)
    expect(step(whole, change(connecting(), admitted))).toEqual(torn)
  })

  it('never carries the ticket itself', () => {
    expect(JSON.stringify(print)).not.toContain('secret')
  })

  it('stays torn through renewals and drops, until the next one is printed', () => {
    expect(step(torn, change(admitted, renewing()))).toBe(torn)
    expect(step(torn, change(admitted, waiting({ code: 'connection_lost' }, 2000)))).toBe(torn)
    expect(step(torn, change(fetching({ code: 'wait_over' }), connecting()))).toEqual(whole)
  })

  it('is stamped when it opened nothing, and when its session was revoked', () => {
    expect(step(whole, change(connecting(), fetching({ code: 'ticket_expired' })))).toEqual({
      ...whole,
      phase: 'refused',
      code: 'ticket_expired',
    })
    expect(step(torn, change(admitted, stopped({ code: 'session_revoked' })))).toMatchObject({
      phase: 'void',
    })
    expect(step(torn, change(admitted, stopped({ code: 'closed_by_client' })))).toBe(torn)
  })

  it('is not there when something else is presented, until there is a ticket again', () => {
    const absent = step(torn, change(fetching({ code: 'wait_over' }), connecting('jwt_subprotocol')))
    expect(absent).toEqual({ phase: 'absent', instead: 'jwt_subprotocol' })
    const opened = open({ code: 'connected' }, 'jwt_subprotocol')
    expect(step(absent, change(connecting('jwt_subprotocol'), opened))).toBe(absent)
    expect(step(absent, change(fetching({ code: 'wait_over' }), connecting()))).toEqual(whole)
  })

  it('is drawn with the usual life where a ticket says none', () => {
    expect(printOf({ ticket: 'secret' }, 5)).toEqual({ ref: '', fetchedAt: 5, expiresAt: 60_005 })
  })
})
