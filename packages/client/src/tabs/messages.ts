/** A JWT, and when the request for it, or the login, began. The later one counts, whenever it arrives. */
export interface Held {
  readonly jwt: string
  readonly began: number
}

/** What tabs tell each other. Times are of one machine's clock, pushed on so that what follows is always later. */
export type Message =
  | ({ readonly type: 'jwt' } & Held)
  | { readonly type: 'logout'; readonly began: number }
  /** Who has a later one than that? */
  | { readonly type: 'ask'; readonly began: number }

/** Tells a message of ours from what else may be said on a channel of that name. */
export function isMessage(data: unknown): data is Message {
  if (!(data instanceof Object) || !('type' in data) || !('began' in data)) return false
  if (typeof data.began !== 'number') return false
  return data.type === 'jwt'
    ? 'jwt' in data && typeof data.jwt === 'string'
    : data.type === 'logout' || data.type === 'ask'
}
