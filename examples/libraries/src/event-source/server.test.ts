import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../test/eventually.js'
import { HeldUpStore } from '../../test/held-up-store.js'
import { ticketsAt } from '../../test/here.js'
import { type DemoServer, type Service, startDemoServer } from '../demo/server.js'
import { eventService } from '../demo/services/events.js'

async function start(
  options: Parameters<typeof startDemoServer>[1] = {},
  service: Service = eventService,
): Promise<DemoServer> {
  const demo = await startDemoServer(service, options)
  onTestFinished(() => demo.kill())
  return demo
}

/** Asks for the stream, and keeps what comes of it. */
async function follow(url: string, origin?: string) {
  const asked = request(url, { headers: origin === undefined ? {} : { origin } })
  onTestFinished(() => {
    asked.destroy()
  })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    asked.once('response', resolve).once('error', reject).end()
  })
  const heard = { text: '', ended: false, response, drop: () => asked.destroy() }
  response.setEncoding('utf8')
  response.on('error', () => {})
  response.on('data', (text: string) => {
    heard.text += text
  })
  // Complete or not.
  response.on('close', () => {
    heard.ended = true
  })
  return heard
}

it('refuses with a code, tells the audit log, and lets other paths pass', async () => {
  const demo = await start()
  const refused: string[] = []
  demo.wsticket.events.on('redeem.refused', ({ code }) => refused.push(code))
  const stream = `${demo.http}/events`
  const address = await ticketsAt(demo.http).url(stream)
  const ask = async (url: string, origin?: string): Promise<unknown> => {
    const { response, ...heard } = await follow(url, origin)
    if (response.statusCode === 200) return 200
    await eventually(() => expect(response.complete).toBe(true))
    return heard.text === '' ? response.statusCode : JSON.parse(heard.text)
  }
  expect(await ask(`${demo.http}/other`)).toBe(404)
  expect(await ask(stream)).toBe(403)
  expect(await ask(`${stream}?ticket=wst1_no`)).toBe(403)
  expect(await ask(address, 'https://evil.example')).toBe(403)
  expect(await ask(address, demo.http)).toBe(200)
  expect(await ask(address)).toBe(403)
  expect(refused).toEqual(['credential_missing', 'ticket_unknown', 'origin_refused', 'ticket_used'])
})

it('lets the page that it knows read the stream, and no cache keep it', async () => {
  const demo = await start()
  const { response } = await follow(await ticketsAt(demo.http).url(`${demo.http}/events`), demo.http)
  expect(response.headers).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'access-control-allow-origin': demo.http,
    vary: 'Origin',
  })
})

it('says why the session ends, and ends the stream', async () => {
  const demo = await start()
  const heard = await follow(await ticketsAt(demo.http).url(`${demo.http}/events`))
  await eventually(() => expect(heard.text).toBe(':\n\n'))
  await demo.wsticket.revoke({ subject: 'ada' })
  await eventually(() => expect(heard.ended).toBe(true))
  expect(heard.text).toBe(':\n\nevent: wsticket-end\ndata: {"code":"session_revoked"}\n\n')
})

it('ends the session of a client that goes', async () => {
  const demo = await start()
  const closed: string[] = []
  demo.wsticket.events.on('session.closed', ({ ref }) => closed.push(ref))
  const heard = await follow(await ticketsAt(demo.http).url(`${demo.http}/events`))
  heard.drop()
  await eventually(() => expect(closed).toHaveLength(1))
})

it('ends the session of a client that went while its ticket was redeemed', async () => {
  const heldUp = new HeldUpStore()
  let gone: Promise<unknown> = Promise.resolve()
  const service: Service = {
    ...eventService,
    attach(parts) {
      const answer = eventService.attach(parts)
      return async (asked, response) => {
        gone = once(response, 'close')
        return (await answer?.(asked, response)) ?? false
      }
    },
  }
  const demo = await start({ store: heldUp.store }, service)
  const ends: string[] = []
  demo.wsticket.events.on('session.opened', () => ends.push('opened'))
  demo.wsticket.events.on('session.closed', () => ends.push('closed'))
  const early = request(await ticketsAt(demo.http).url(`${demo.http}/events`))
  early.on('error', () => {}).end()
  await heldUp.asked
  early.destroy()
  await gone
  heldUp.release()
  await eventually(() => expect(ends).toEqual(['opened', 'closed']))
})

it('keeps a client that only listens', async () => {
  const demo = await start({ sessions: { heartbeatSeconds: 2, heartbeatTimeoutSeconds: 1 } })
  const since = performance.now()
  const heard = await follow(await ticketsAt(demo.http).url(`${demo.http}/events`))
  await eventually(() => expect(performance.now() - since).toBeGreaterThan(3500))
  expect(heard.text).toMatch(/^(:\n\n){2,}$/)
  expect(heard.ended).toBe(false)
})

it('is told the last event that a client has', async () => {
  const demo = await start()
  const heard = await follow(await ticketsAt(demo.http).url(`${demo.http}/events?last_event_id=7`))
  await eventually(() => expect(heard.text).toContain('data: "ada: back after 7"'))
})
