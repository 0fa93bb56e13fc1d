import type { ConnectedMessage } from '../../../src/wire.js'
import { isNumber, isObject, isString, parseJson } from './guards.js'

/** Reads the name of the node that holds the socket; `undefined` for any other message. */
export function readConnectedMessage(frame: unknown): ConnectedMessage | undefined {
  const value = isString(frame) ? parseJson(frame) : undefined
  return isConnectedMessage(value) ? value : undefined
}

function isConnectedMessage(value: unknown): value is ConnectedMessage {
  return isObject(value) && value.type === 'connected' && isNumber(value.at) && isString(value.node)
}
