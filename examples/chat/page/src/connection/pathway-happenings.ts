import type { Downgrade } from '@wsticket/client/fallback'
import type { Happening } from './timeline.js'
import { pathwayWords, timeOfDay } from './words.js'

/** Tells that something lesser is presented from now on. */
export function downgradeHappening({ from, to, cause, until }: Downgrade): Happening {
  const failed = from === 'ticket' ? 'Tickets fail' : 'The access token fails, too'
  return {
    kind: 'downgrade',
    tone: 'warn',
    title: `Stepping down to ${pathwayWords(to)}`,
    detail: `${failed}, and the server lets this in as well. Tickets are tried again from ${timeOfDay(until)} on.`,
    code: cause.code,
  }
}

/** Tells that a ticket has opened a connection again. */
export function recoveryHappening({ from }: Pick<Downgrade, 'from'>): Happening {
  const detail = `No more ${from === 'anonymous' ? 'connections without a name' : 'access tokens at the door'}.`
  return { kind: 'downgrade', tone: 'good', title: 'Tickets are good again', detail }
}
