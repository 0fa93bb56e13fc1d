import type { Cause, ConnectionState, StateChange } from '@wsticket/client'
import type { Pathway } from '@wsticket/protocol'

const base = { attempt: 1, history: { failures: 0, tried: [] }, until: undefined }

/** The ref of the states' tickets. */
export const REF = '7fAAAAAAAAAAAAAAAAAAAAAA'

// Only what a ticket opens has a ref.
const offered = (pathway: Pathway) => ({ pathway, ref: pathway === 'ticket' ? REF : undefined })
const live = { since: 0, failedRenewals: 0, refreshNext: false }

export const fetching = (cause: Cause, step: 'ticket' | 'config' = 'ticket'): ConnectionState => ({
  ...base,
  ...{ name: 'fetching', step, cause, refresh: false },
})

export const connecting = (pathway: Pathway = 'ticket'): ConnectionState => ({
  ...base,
  ...offered(pathway),
  ...{ name: 'connecting', cause: { code: 'ticket_fetched' } },
})

export const open = (cause: Cause, pathway: Pathway = 'ticket'): ConnectionState => ({
  ...base,
  ...live,
  ...offered(pathway),
  ...{ name: 'open', cause },
})

export const renewing = (cause: Cause = { code: 'renewal_due' }): ConnectionState => ({
  ...base,
  ...live,
  ...offered('ticket'),
  ...{ name: 'renewing', cause },
})

/** Waits for a message unless there is an `until`. */
export const waiting = (cause: Cause, until?: number, failures = 1): ConnectionState => ({
  ...base,
  ...{ name: 'waiting', cause, until, refresh: false },
  for: until === undefined ? 'message' : 'delay',
  history: { failures, tried: [] },
})

export const stopped = (cause: Cause): ConnectionState => ({ ...base, cause, name: 'stopped' })

export const change = (from: ConnectionState, to: ConnectionState): StateChange => ({
  from,
  to,
  cause: to.cause,
})

/** A connection that a ticket has just opened. */
export const admitted = open({ code: 'connected' })
