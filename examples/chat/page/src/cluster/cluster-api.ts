import type { Fetch } from '../api/http.js'
import { isObject, isString, parseJson } from '../wire/guards.js'
import { type ClusterOrder, type ClusterState, isClusterState } from './cluster-state.js'

/** `none`: this server is no cluster with buttons. `failed`: it did not do it, or could not be asked. */
export type ClusterAnswer =
  | { readonly kind: 'state'; readonly state: ClusterState }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly because: string }

const UNREACHABLE = 'The cluster cannot be asked at the moment.'

/** Asks how the cluster is. */
export function readCluster(fetch: Fetch): Promise<ClusterAnswer> {
  return call(fetch, '/cluster/state', {})
}

/** Has something done to the cluster, and gives how it is then. */
export function orderCluster(fetch: Fetch, order: ClusterOrder): Promise<ClusterAnswer> {
  return call(fetch, '/cluster/actions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
  })
}

async function call(fetch: Fetch, path: string, init: RequestInit): Promise<ClusterAnswer> {
  let status: number
  let body: unknown
  try {
    const response = await fetch(path, { ...init, cache: 'no-store', credentials: 'omit', redirect: 'error' })
    status = response.status
    body = parseJson(await response.text())
  } catch {
    return { kind: 'failed', because: UNREACHABLE }
  }
  if (status === 200 && isClusterState(body)) return { kind: 'state', state: body }
  if (status === 404) return { kind: 'none' }
  return { kind: 'failed', because: isObject(body) && isString(body.detail) ? body.detail : UNREACHABLE }
}
