import { PATHS } from '@wsticket/protocol'
import { describe, expect, it } from 'vitest'
import { ORIGIN, rig } from '../../test/rig.js'
import { fetchRoutes } from './fetch.js'

describe('fetchRoutes', () => {
  it('gives nothing for paths of others', async () => {
    expect(await fetchRoutes(rig().wsticket)(new Request('http://localhost/other'))).toBeUndefined()
  })

  it('takes the scheme of the URL for that of the connection', async () => {
    const of = rig()
    const routes = fetchRoutes(of.wsticket)
    const headers = { authorization: `Bearer ${of.tokenOf('ada')}` }
    const answer = await routes(
      new Request(`https://api.example.com${PATHS.ticket}`, { method: 'POST', headers }),
    )
    expect(await answer?.json()).toMatchObject({
      websocket_url: expect.stringMatching(/^wss:\/\/api\.example\.com\//),
    })
    expect(of.take('ticket.issued')).toMatchObject([{ address: '' }])
  })

  it('sees an Origin and an Authorization that are there twice', async () => {
    const of = rig()
    const routes = fetchRoutes(of.wsticket)
    const twice = new Headers([
      ['origin', ORIGIN],
      ['origin', ORIGIN],
    ])
    expect(
      await routes(new Request(`http://localhost${PATHS.ticket}`, { method: 'POST', headers: twice })),
    ).toMatchObject({
      status: 403,
    })
    const credentials = new Headers([
      ['authorization', `Bearer ${of.tokenOf('ada')}`],
      ['authorization', `Bearer ${of.tokenOf('alan')}`],
    ])
    const answer = await routes(
      new Request(`http://localhost${PATHS.ticket}`, { method: 'POST', headers: credentials }),
    )
    expect(await answer?.json()).toMatchObject({ code: 'credential_ambiguous' })
  })

  it('refuses a body that breaks off', async () => {
    const of = rig()
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode('{"ttl'))
        controller.error(new Error('gone'))
      },
    })
    const headers = { authorization: `Bearer ${of.tokenOf('ada')}`, 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit
    const answer = await fetchRoutes(of.wsticket)(new Request(`http://localhost${PATHS.ticket}`, init))
    expect(answer?.status).toBe(400)
    expect(of.take('handler.failed')).toEqual([])
  })
})
