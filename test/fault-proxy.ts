import { type FaultProxy, startFaultProxy } from '../scripts/lib/servers/fault-proxy.mjs'
import { afterThisTest, type CleanupList } from './cleanups.js'

export type { FaultProxy }

/** Puts a proxy with faults in front of a port of 127.0.0.1, and ends it afterwards. */
export async function faultProxy(
  targetPort: number,
  cleanUp: CleanupList = afterThisTest,
): Promise<FaultProxy> {
  const proxy = await startFaultProxy(targetPort)
  cleanUp(() => proxy.close())
  return proxy
}
