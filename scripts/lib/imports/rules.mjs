import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { layerComplaint } from './layers.mjs'

/** @typedef {import('./workspace.mjs').Workspace} Workspace */
/** @typedef {import('./workspace.mjs').Source} Source */
/** @typedef {import('./workspace.mjs').Package} Package */
/** @typedef {{ rule: string, remedy: string }} Complaint */
/** @typedef {Complaint & { path: string, line: number, specifier: string }} Breach */

/** Which packages of ours a published package may stand on; whoever is not in this list may take none. */
/** @type {Record<string, readonly string[]>} */
const STANDS_ON = {
  '@wsticket/protocol': [],
  '@wsticket/server': ['@wsticket/protocol'],
  '@wsticket/client': ['@wsticket/protocol'],
  '@wsticket/gateway': ['@wsticket/server'],
}

const BUILTINS = new Set(builtinModules)

/**
 * Checks every import of the workspace against the rules in CONTRIBUTING.md, circles apart.
 *
 * @param {Workspace} workspace
 * @returns {Breach[]}
 */
export function findBreaches(workspace) {
  return workspace.sources.flatMap((source) =>
    source.imports.flatMap(({ specifier, line }) => {
      const complaint = complaintAbout(workspace, source, specifier)
      return complaint === undefined ? [] : [{ ...complaint, path: source.path, line, specifier }]
    }),
  )
}

/**
 * The file that a relative import means: its source, though ESM names what it will be built to.
 *
 * @param {string} from
 * @param {string} specifier
 * @returns {string} without its extension
 */
export function targetOf(from, specifier) {
  return withoutExtension(posix.join(posix.dirname(from), specifier))
}

/**
 * @param {string} path
 * @returns {string}
 */
export function withoutExtension(path) {
  return path.replace(/\.(tsx|[mc]?[jt]s)$/, '')
}

/**
 * @param {Workspace} workspace
 * @param {Source} source
 * @param {string} specifier
 * @returns {Complaint | undefined}
 */
function complaintAbout(workspace, source, specifier) {
  if (specifier.startsWith('.')) return aboutRelative(source, specifier)
  const name = packageOf(specifier)
  if (specifier.startsWith('node:') || BUILTINS.has(name)) return aboutBuiltin(source, specifier)
  const ours = workspace.packages.find((one) => one.name === name)
  if (ours !== undefined) {
    const complaint = aboutOurs(source, specifier, ours)
    if (complaint !== undefined) return complaint
  }
  return aboutDeclaration(workspace, source, name)
}

/**
 * @param {Source} source
 * @param {string} specifier
 * @returns {Complaint | undefined}
 */
function aboutRelative({ path, home, isTest }, specifier) {
  const target = targetOf(path, specifier)
  const inside =
    home.directory === '' ? !/^(packages|examples)\//.test(target) : target.startsWith(`${home.directory}/`)
  // The tests' helpers lie at the root, and every test may use them.
  const helper = isTest && target.startsWith('test/')
  if (!inside && !helper) {
    return {
      rule: 'stay-inside',
      remedy: 'Import the published name (@wsticket/…); what it does not export is not to be used elsewhere.',
    }
  }
  if (isTest || !inside) return undefined
  const core = `${home.directory}/src/core/`
  if (home.name === '@wsticket/client' && path.startsWith(core) && !target.startsWith(core)) {
    return {
      rule: 'core-stands-alone',
      remedy: 'The core of the client is for pages that count bytes: move what both need into src/core.',
    }
  }
  if (home.name !== '@wsticket/server') return undefined
  return layerComplaint(
    path.slice(`${home.directory}/src/`.length),
    target.slice(`${home.directory}/src/`.length),
  )
}

/**
 * @param {Source} source
 * @param {string} specifier
 * @returns {Complaint | undefined}
 */
function aboutBuiltin({ path, home, isTest }, specifier) {
  if (isTest || !home.published || path.startsWith(`${home.directory}/src/adapters/`)) return undefined
  if (home.name === '@wsticket/gateway') return undefined
  if (home.name !== '@wsticket/server') {
    return {
      rule: 'runs-anywhere',
      remedy: 'It runs in browsers: use what they have too, or take it as an option.',
    }
  }
  if (specifier === 'node:crypto') return undefined
  const ofSuite = path.startsWith(`${home.directory}/src/conformance/`)
  if (ofSuite && /^node:assert(\/strict)?$/.test(specifier)) return undefined
  return {
    rule: 'core-takes-node-crypto-alone',
    remedy:
      'Move what needs it into src/adapters, or take it as an option; the core also runs on Bun, Deno and Workers.',
  }
}

/**
 * @param {Source} source
 * @param {string} specifier
 * @param {Package} ours
 * @returns {Complaint | undefined}
 */
function aboutOurs({ home, isTest }, specifier, ours) {
  if (home.published && !isTest && !STANDS_ON[home.name]?.includes(ours.name)) {
    return {
      rule: 'direction-of-packages',
      remedy: `${home.name} may import ${STANDS_ON[home.name]?.join(', ') || 'no package of ours'}. Move it, or take it as an option.`,
    }
  }
  if (!ours.exports.includes(`.${specifier.slice(ours.name.length)}`)) {
    return {
      rule: 'published-names',
      remedy: `${ours.name} exports ${ours.exports.join(', ')}; take one of these, or export it there on purpose.`,
    }
  }
  return undefined
}

/**
 * @param {Workspace} workspace
 * @param {Source} source
 * @param {string} name
 * @returns {Complaint | undefined}
 */
function aboutDeclaration(workspace, { path, home, isTest }, name) {
  const types = `@types/${name.replace(/^@(.+)\/(.+)$/, '$1__$2')}`
  const has = (/** @type {ReadonlySet<string>} */ names) => names.has(name) || names.has(types)
  // A package finds itself by its own name, as its users do; only its tests get this far with it.
  if (has(home.dependencies) || name === home.name) return undefined
  if (has(home.peerDependencies)) {
    // An adapter, or a subpath of that peer's name.
    const behind = [`${home.directory}/src/adapters/`, `${home.directory}/src/${name}/`]
    if (isTest || behind.some((folder) => path.startsWith(folder))) return undefined
    return {
      rule: 'peers-behind-subpaths',
      remedy: `${name} is an optional peer, and not everybody has it: import it in src/adapters or src/${name} alone.`,
    }
  }
  const dev = isTest || !home.published
  if (dev && (has(home.devDependencies) || has(workspace.root.devDependencies))) return undefined
  // The root is not published; npm links all packages of the workspace into its node_modules.
  if (home.directory === '' && workspace.packages.some((one) => one.name === name)) return undefined
  return {
    rule: 'declared',
    remedy: `Add ${name} to ${posix.join(home.directory, 'package.json')}: what is not there may be missing at a user's.`,
  }
}

/** @param {string} specifier */
function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
