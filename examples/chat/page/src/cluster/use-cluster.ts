import { useEffect, useState, useSyncExternalStore } from 'react'
import type { ChatConnection } from '../connection/chat-connection.js'
import { type ClusterSnapshot, ClusterWatch } from './cluster-watch.js'

/** The cluster behind the page, watched from when a node said its name: a server without one is no cluster. */
export function useCluster(
  connection: ChatConnection,
  node: string | undefined,
): { readonly watch: ClusterWatch; readonly cluster: ClusterSnapshot } {
  const [watch] = useState(() => makeWatch(connection))
  const cluster = useSyncExternalStore(watch.subscribe, watch.snapshot)
  const isNode = node !== undefined
  useEffect(() => {
    if (isNode) watch.start()
  }, [watch, isNode])
  useEffect(() => () => watch.stop(), [watch])
  return { watch, cluster }
}

function makeWatch(connection: ChatConnection): ClusterWatch {
  return new ClusterWatch({
    fetch: (url, init) => fetch(url, init),
    note: (happening) => connection.note(happening),
    isSeen: () => document.visibilityState === 'visible',
  })
}
