import { followEvents } from '../../event-source/client.js'
import { Answers, type Line, type LineParts } from '../line.js'

export function eventSourceLine({ http, tickets, paceMs, onStopped }: LineParts): Line {
  const answers = new Answers()
  const close = followEvents(`${http}/events`, tickets, {
    onMessage: ({ data }) => answers.take(String(JSON.parse(data))),
    onStopped,
    firstWindowMs: paceMs,
  })
  return {
    ask: async (text) => {
      const answer = answers.to(text)
      await fetch(`${http}/say`, { method: 'POST', body: text })
      return await answer
    },
    protocol: '',
    close,
  }
}
