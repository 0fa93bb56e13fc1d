import { startChromium } from '../../e2e/client/chromium.js'
import { type Cleanup, runCleanups } from '../../test/cleanups.js'
import { measure } from './measures.js'
import { tableOf } from './report.js'
import { runRestarts } from './run.js'

const LIBRARIES = ['TicketSocket', 'partysocket', 'reconnecting-websocket'] as const
const SAY_EVERY = 10
/** One to ten seconds between the restarts: some clients have forgotten the last one when the next comes, and some have not. */
const WORDS = { atLeast: 10, atMost: 100 }

/** Runs the comparison and prints it; gives the code to exit with. */
export async function main(
  say: (line: string) => void,
  sizes: { readonly restarts: number; readonly clients: number },
): Promise<number> {
  const cleanups: Cleanup[] = []
  const cleanUp = (cleanup: Cleanup): unknown => cleanups.push(cleanup)
  try {
    const browser = await startChromium(cleanUp)
    const profile = await browser.profile()
    const measures = measure(
      await runRestarts({
        libraries: LIBRARIES,
        words: WORDS,
        ...sizes,
        openTab: (url) => profile.open(url),
        cleanUp,
        onRestart: (done) => {
          if (done % SAY_EVERY === 0) say(`${done} of ${sizes.restarts} restarts`)
        },
      }),
    )
    say('')
    say(
      `${sizes.restarts} restarts, every other one by SIGKILL, the others in good order, after 1 to 10 s of traffic each.`,
    )
    say(
      `${sizes.clients} clients of each library in Chromium, which speak 10 times a second, all on one server at once.`,
    )
    for (const line of tableOf(measures)) say(line)
    const [ours] = measures
    const promised = [
      ours?.lostOfOutbox,
      ours?.lostOfSocket,
      ours?.doubled,
      ours?.asAnother,
      ours?.errorsShown,
    ]
    return promised.every((count) => count === 0) ? 0 : 1
  } finally {
    await runCleanups(cleanups)
  }
}
