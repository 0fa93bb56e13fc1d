/**
 * Gives the address of another route of the server that has the ticket route at `ticketUrl`: mounted under a prefix, it is under
 * the same one; where the ticket route has an address of its own choosing, at the root.
 */
export function siblingRoute(ticketUrl: string, path: string): string {
  const bare = ticketUrl.replace(/\/?(?:[?#].*)?$/s, '')
  const prefix = /^(.*?)(?:(?:\/api)?\/websocket|\/auth)\/ticket$/.exec(bare)?.[1]
  return (prefix ?? /^(?:[a-z]+:)?\/\/[^/]+/i.exec(bare)?.[0] ?? '') + path
}
