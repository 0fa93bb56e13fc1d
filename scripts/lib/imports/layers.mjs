/**
 * The floors of `@wsticket/server`, each with those that it may stand on:
 *
 *     adapters -> http, admission -> authority -> sessions -> stores/store.ts -> request, rate, events, identity
 *
 * `base` are the plain files beside the folders, `request` what a request and who sent it is. `store` is the contract and how it is called, `stores` are those who
 * keep it. `wsticket` is the composition root, the one place that knows everything but the adapters.
 */
const GROUND = ['base', 'events', 'identity', 'rate', 'request']
const SESSIONS = [...GROUND, 'store', 'sessions']
const AUTHORITY = [...SESSIONS, 'authority']
/** `http` and `admission` stand side by side and do not know each other. */
const ABOVE_BOTH = [...AUTHORITY, 'admission', 'http', 'wsticket']

/** The files of `stores/` that are no store. */
const CONTRACT = new Set(['stores/store', 'stores/store-calls'])
/** The files beside the folders that put the floors together. */
const COMPOSITION = new Set(['wsticket', 'options'])

/** @type {Record<string, readonly string[]>} */
const MAY_IMPORT = {
  base: ['base'],
  request: ['base', 'request'],
  rate: ['base', 'request', 'rate'],
  events: ['base', 'events'],
  identity: ['base', 'events', 'request', 'identity'],
  store: [...GROUND, 'store'],
  stores: [...GROUND, 'store', 'stores'],
  sessions: SESSIONS,
  authority: AUTHORITY,
  admission: [...AUTHORITY, 'admission'],
  http: [...AUTHORITY, 'http'],
  adapters: [...ABOVE_BOTH.filter((floor) => floor !== 'store'), 'adapters'],
  conformance: [...ABOVE_BOTH, 'conformance'],
  wsticket: [...ABOVE_BOTH, 'stores'],
  index: [...ABOVE_BOTH, 'stores'],
}

/**
 * Tells what is wrong with one file of the server importing another; both relative to its `src`, the second without
 * extension.
 *
 * @param {string} from
 * @param {string} to
 * @returns {{ rule: string, remedy: string } | undefined}
 */
export function layerComplaint(from, to) {
  const floor = floorOf(from)
  const target = floorOf(to)
  const allowed = MAY_IMPORT[floor]
  if (allowed === undefined || MAY_IMPORT[target] === undefined) {
    const unknown = allowed === undefined ? floor : target
    return {
      rule: 'known-floors',
      remedy: `src/${unknown} has no place yet: give it one in scripts/lib/imports/layers.mjs.`,
    }
  }
  if (allowed.includes(target)) return undefined
  if (target === 'adapters') {
    return {
      rule: 'core-names-no-adapter',
      remedy: 'Adapters bring requests to the core; hand over plain data instead.',
    }
  }
  if (target === 'stores' || (target === 'store' && floor === 'adapters')) {
    return {
      rule: 'stores-by-contract',
      remedy:
        floor === 'adapters'
          ? 'An adapter names no store: ask the authority or the sessions.'
          : 'Take a Store (stores/store.ts) from the caller; only wsticket.ts chooses one.',
    }
  }
  return {
    rule: 'downwards-only',
    remedy: `${floor} may import ${allowed.join(', ')}. Move what both need further down.`,
  }
}

/** @param {string} path */
function floorOf(path) {
  const file = path.replace(/\.tsx?$/, '')
  if (CONTRACT.has(file)) return 'store'
  const slash = file.indexOf('/')
  if (slash >= 0) return file.slice(0, slash)
  if (COMPOSITION.has(file)) return 'wsticket'
  return file === 'index' ? file : 'base'
}
