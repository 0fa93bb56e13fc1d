export type { Channel, Locks } from './platform.js'
export { type SharedLogin, type SharedLoginOptions, sharedLogin } from './shared-login.js'
