/** @typedef {import('./redis-server.mjs').RedisServer} RedisServer */

/**
 * A slot on its way from one node to another.
 *
 * @typedef {{ slot: number, from: RedisServer, to: RedisServer }} SlotMove
 */

/**
 * Called between the steps of a move, which goes on when they are done.
 *
 * @typedef {object} SlotMoveHooks
 * @property {(move: SlotMove) => unknown} [opened] both sides know that the slot moves; all keys are still at the old one
 * @property {(move: SlotMove & { keys: readonly string[] }) => unknown} [batch] these keys have moved, others have not
 * @property {(move: SlotMove) => unknown} [emptied] no key is left at the old one, which still owns the slot
 * @property {(move: SlotMove) => unknown} [named] the new one owns the slot; the old one was not told yet
 */

/**
 * @typedef {SlotMoveHooks & { keysPerBatch?: number }} MoveOptions
 */

export const SLOTS = 16_384
const KEYS_PER_BATCH = 10
const MIGRATE_MS = 5_000

/**
 * Deals all slots out, the first ones to the first master.
 *
 * @param {readonly RedisServer[]} masters
 */
export async function dealSlots(masters) {
  const share = SLOTS / masters.length
  for (const [index, master] of masters.entries()) {
    const [start, end] = [Math.round(index * share), Math.round((index + 1) * share) - 1]
    await master.command('CLUSTER', 'ADDSLOTSRANGE', start, end)
  }
}

/**
 * Moves a slot with its keys to another master.
 *
 * @param {import('./redis-cluster.mjs').RedisCluster} cluster
 * @param {number} slot
 * @param {RedisServer} to
 * @param {MoveOptions} options
 */
export async function moveSlot(cluster, slot, to, { keysPerBatch = KEYS_PER_BATCH, ...hooks }) {
  const from = await cluster.masterOfSlot(slot)
  if (from === to) return
  const move = { slot, from, to }
  const [fromId, toId] = await Promise.all([cluster.idOf(from), cluster.idOf(to)])
  await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId)
  await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId)
  await hooks.opened?.(move)
  const auth = cluster.password === undefined ? [] : ['AUTH', cluster.password]
  for (;;) {
    const keys = await from.command('CLUSTER', 'GETKEYSINSLOT', slot, keysPerBatch)
    if (!Array.isArray(keys) || keys.length === 0) break
    const names = keys.map(String)
    await from.command('MIGRATE', '127.0.0.1', to.publicPort, '', 0, MIGRATE_MS, ...auth, 'KEYS', ...names)
    await hooks.batch?.({ ...move, keys: names })
  }
  await hooks.emptied?.(move)
  // The new one first: if the old one died now, the slot would have an owner still.
  await to.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId)
  await hooks.named?.(move)
  const others = (await cluster.masters()).filter((node) => node !== to && node !== from)
  for (const node of [from, ...others]) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId)
}
