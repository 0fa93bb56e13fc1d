export type { Guarantee } from './deployment.js'
export type { RedisClient } from './redis-client.js'
export { type RedisStoreOptions, type RedisTicketStore, redisStore } from './redis-store.js'
