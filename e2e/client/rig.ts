import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CleanupList } from '../../test/cleanups.js'
import { type FaultProxy, faultProxy } from '../../test/fault-proxy.js'
import { bundle } from './bundle.js'
import { aPageServer, type PageServer } from './page-server.js'
import { aRigServer, type RigServer } from './rig-server.js'

const PAGE = new URL('./page/main.ts', import.meta.url)
/** The page, and the server that it talks to. */
export interface Backend {
  readonly pages: PageServer
  readonly server: RigServer
}

/** A backend with a network in front of it that can fail. */
export interface Rig extends Backend {
  readonly network: FaultProxy
}

/** What a backend can have besides. */
export interface BackendOptions {
  /** Whose page it is for. @default one of its own */
  readonly pages?: PageServer
  /** @default the memory store */
  readonly redisPort?: number
}

/** Starts a server, and a page server if there is none yet, and ends them afterwards. */
export async function aBackend(cleanUp: CleanupList, options: BackendOptions = {}): Promise<Backend> {
  const folder = await mkdtemp(join(tmpdir(), 'wsticket-rig-'))
  cleanUp(() => rm(folder, { recursive: true, force: true }))
  const pages = options.pages ?? (await aPageServer(cleanUp, { '/page.js': await bundle(PAGE) }))
  return { pages, server: await aRigServer({ folder, pages, redisPort: options.redisPort }, cleanUp) }
}

/** Puts a network in front of a backend. */
export async function aRig(cleanUp: CleanupList, { pages, server }: Backend): Promise<Rig> {
  return { pages, server, network: await faultProxy(server.port, cleanUp) }
}

let people = 0

/** Makes up a name that nobody had before, neither as a user nor as a login. */
export function somebody(like: string): string {
  people += 1
  return `${like}-${people}`
}
