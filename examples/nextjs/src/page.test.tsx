import { renderToString } from 'react-dom/server'
import { expect, it, vi } from 'vitest'
import Page from '../app/page'
import { statusWords } from './words'

it('renders on a server: the sign-in form, no complaint, and nothing that only a browser has', () => {
  const complaints = [vi.spyOn(console, 'error'), vi.spyOn(console, 'warn')]
  const markup = renderToString(<Page />)
  expect(markup).toContain('Sign in</button>')
  expect(markup).toContain('type="password"')
  for (const complaint of complaints) expect(complaint).not.toHaveBeenCalled()
})

it('has words for where a connection is', () => {
  const common = { attempt: 1, history: { failures: 0, tried: [] }, until: undefined } as const
  const cause = { code: 'offline' } as const
  const live = { ...common, cause, ref: undefined, since: 0, failedRenewals: 0, refreshNext: false } as const
  expect([
    statusWords({ name: 'idle' }).text,
    statusWords({ ...common, cause, name: 'fetching', step: 'ticket', refresh: false }).text,
    statusWords({ ...common, cause, name: 'connecting', ref: undefined, pathway: 'ticket' }).text,
    statusWords({ ...live, name: 'open', pathway: 'ticket' }).text,
    statusWords({ ...live, name: 'renewing', pathway: 'jwt_subprotocol' }).text,
    statusWords({ ...common, cause, name: 'waiting', for: 'delay', refresh: false }).text,
  ]).toEqual([
    'Not connected',
    'Fetching a ticket…',
    'Connecting…',
    'Connected',
    'Connected by jwt_subprotocol',
    'You are offline. The connection comes back with the network.',
  ])
})
