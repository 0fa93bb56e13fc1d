// The page of the scenarios. It shows nothing: what it would show, tests ask `rig` for.
import { PATHS } from '@wsticket/protocol'
import type { ClientRecord, ConnectOptions, View, Wanted } from '../records.js'
import { type Client, connectClient } from './connect.js'

// Firefox holds the next one back half as long again as the one before, up to a minute.
const MOST_KNOCKS = 20
const clients = new Map<string, Client>()
const problems: string[] = []
window.addEventListener('error', ({ message }) => problems.push(message))
window.addEventListener('unhandledrejection', ({ reason }) => problems.push(String(reason)))

function clientOf(name: string): Client {
  const client = clients.get(name)
  if (client === undefined) throw new Error(`There is no client ${name}`)
  return client
}

function viewOf({ socket, speaker }: Client): View {
  const { state, session } = socket
  return {
    state: state.name,
    cause: state.cause.code,
    ref: session?.ref,
    until: state.until,
    connections: speaker.connections,
    ...speaker.counts,
  }
}

function isThere(view: View, { state, cause, connections = 0, dueInMs }: Wanted): boolean {
  const isDue = dueInMs === undefined || (view.until ?? 0) - Date.now() >= dueInMs
  const isThat = view.state === state && (cause === undefined || view.cause === cause)
  return isThat && view.connections >= connections && isDue
}

const rig = {
  /** Makes a client, and lets it connect. */
  connect: (name: string, options: ConnectOptions): void => {
    clients.set(name, connectClient(options))
  },

  say: (name: string, count: number): void => clientOf(name).speaker.say(count),
  talk: (name: string, everyMs: number): void => clientOf(name).speaker.talk(everyMs),
  hush: (name: string): void => clientOf(name).speaker.hush(),

  /** Ends a client. */
  close(name: string): void {
    clients.get(name)?.speaker.hush()
    clients.get(name)?.socket.close()
  },

  view: (name: string): View => viewOf(clientOf(name)),

  /** Waits until a client is where it is wanted. */
  async comesTo(name: string, wanted: Wanted): Promise<View> {
    const client = clientOf(name)
    await client.speaker.until(() => isThere(viewOf(client), wanted))
    return viewOf(client)
  },

  /** Waits until a client has had so many echoes. */
  async hears(name: string, count: number): Promise<void> {
    const { speaker } = clientOf(name)
    await speaker.until(() => speaker.counts.acknowledged >= count)
  },

  /** Sends one more number, and waits for the echo of it, which comes after all others. */
  async settles(name: string): Promise<void> {
    const { speaker } = clientOf(name)
    speaker.hush()
    speaker.say()
    await speaker.until(() => speaker.isHeard)
  },

  names: (): readonly string[] => [...clients.keys()],
  record: (name: string): ClientRecord => clientOf(name).speaker.record(),

  /** Logs out of the server, as an application's button does; gives the status of the answer. */
  async logOut(name: string): Promise<number> {
    const { api, credential, login } = clientOf(name)
    const headers = { authorization: `Bearer ${await credential({ refresh: false })}` }
    const { status } = await fetch(api + PATHS.logout, { method: 'POST', headers })
    login?.logout()
    return status
  },

  /**
   * Dials where nobody lets it in, until the browser holds such a dial back for so long; gives how long each of them took,
   * in milliseconds.
   */
  async knockInVain(api: string, heldMs: number): Promise<readonly number[]> {
    const took: number[] = []
    while (took.length < MOST_KNOCKS && (took.at(-1) ?? 0) < heldMs) {
      const startedAt = Date.now()
      await new Promise((resolve) => {
        new WebSocket(`${api.replace('http', 'ws')}/ws`).addEventListener('close', resolve)
      })
      took.push(Date.now() - startedAt)
    }
    return took
  },

  /** What nobody caught. */
  problems: (): readonly string[] => problems,

  /** What the browser says of this page. */
  page: (): { visible: boolean; online: boolean } => ({
    visible: document.visibilityState === 'visible',
    online: navigator.onLine,
  }),
}

/** What tests can ask a page to do. */
export type PageRig = typeof rig

Object.assign(globalThis, { rig })
