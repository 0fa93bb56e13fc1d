import { type CredentialCallback, TicketSocket } from '@wsticket/client'
import { diagnosis } from '@wsticket/client/diagnosis'
import { type SharedLogin, sharedLogin } from '@wsticket/client/tabs'
import { PATHS } from '@wsticket/protocol'
import type { ConnectOptions } from '../records.js'
import { freshToken } from './auth.js'
import { countKnocks } from './knocks.js'
import { Speaker } from './speaker.js'

/** A client of the page, with what belongs to it. */
export interface Client {
  readonly socket: TicketSocket
  readonly speaker: Speaker
  readonly api: string
  readonly credential: CredentialCallback
  /** Where it shares its login with other tabs. */
  readonly login: SharedLogin | undefined
}

/** Makes a client, and lets it connect. */
export function connectClient(options: ConnectOptions): Client {
  const { api, client, user, diagnosed = false, sharedAs } = options
  const token = freshToken(options)
  const login =
    sharedAs === undefined ? undefined : sharedLogin({ name: sharedAs, refresh: () => token(true) })
  const credential: CredentialCallback = login?.credential ?? (({ refresh }) => token(refresh))
  const { dials, fetch, WebSocket } = countKnocks()
  const socket = new TicketSocket(`${api.replace('http', 'ws')}/ws`, {
    tickets: { url: api + PATHS.ticket, credential, fetch },
    WebSocket,
    diagnose: diagnosed ? diagnosis() : undefined,
  })
  login?.onLogout(() => socket.close())
  const speaker = new Speaker(socket, { client, user, dials })
  socket.addEventListener('statechange', ({ from, to, cause }) => {
    const { code: because, closeCode: code } = cause
    speaker.note({ type: 'statechange', from: from.name, to: to.name, because, code, until: to.until })
  })
  return { socket, speaker, api, credential, login }
}
