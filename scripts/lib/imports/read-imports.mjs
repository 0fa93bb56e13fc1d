import { parseAst } from 'vite'

/**
 * One place where a file names another module.
 *
 * @typedef {{ specifier: string, line: number }} Import
 */

/** @type {Record<string, 'ts' | 'tsx' | 'js'>} */
const LANGUAGES = { ts: 'ts', mts: 'ts', tsx: 'tsx', mjs: 'js', js: 'js' }

/**
 * Lists what a file imports, in every form that names a module: `import`, `import type`, `export … from`, `import()`,
 * the type `import('x').Y`, `require()` and `import.meta.resolve()`.
 *
 * @param {string} path for the language and for errors
 * @param {string} text
 * @returns {Import[]}
 * @throws {Error} for a file that cannot be parsed
 */
export function readImports(path, text) {
  const lang = LANGUAGES[path.slice(path.lastIndexOf('.') + 1)]
  if (lang === undefined) throw new TypeError(`readImports: ${path} is no TypeScript or JavaScript file`)
  /** @type {Import[]} */
  const found = []
  visit(parseAst(text, { lang }, path), (node) => {
    const specifier = moduleNamedBy(node)
    if (specifier === undefined) return
    found.push({ specifier, line: text.slice(0, node.start).split('\n').length })
  })
  return found
}

/** @typedef {{ type: string, start: number, [key: string]: unknown }} AnyNode */

/**
 * @param {unknown} value
 * @param {(node: AnyNode) => void} onNode
 * @returns {void}
 */
function visit(value, onNode) {
  if (Array.isArray(value)) {
    for (const one of value) visit(one, onNode)
    return
  }
  if (!isNode(value)) return
  onNode(value)
  for (const child of Object.values(value)) if (typeof child === 'object') visit(child, onNode)
}

/**
 * @param {unknown} value
 * @returns {value is AnyNode}
 */
function isNode(value) {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

/**
 * @param {AnyNode} node
 * @returns {string | undefined}
 */
function moduleNamedBy(node) {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return literal(node.source ?? node.argument)
    case 'TSExternalModuleReference':
      return literal(node.expression)
    case 'CallExpression':
      return isResolver(node.callee) && Array.isArray(node.arguments) ? literal(node.arguments[0]) : undefined
    default:
      return undefined
  }
}

/**
 * `require(…)`, `require.resolve(…)`, `import.meta.resolve(…)`.
 *
 * @param {unknown} callee
 * @returns {boolean}
 */
function isResolver(callee) {
  if (!isNode(callee)) return false
  if (callee.type === 'Identifier') return callee.name === 'require'
  if (callee.type !== 'MemberExpression' || !isNode(callee.property) || callee.property.name !== 'resolve')
    return false
  return isNode(callee.object) && (callee.object.type === 'MetaProperty' || callee.object.name === 'require')
}

/**
 * @param {unknown} node
 * @returns {string | undefined}
 */
function literal(node) {
  if (!isNode(node)) return undefined
  // The type `import('x')` wraps its literal once more in some parsers.
  if (node.type === 'TSLiteralType') return literal(node.literal)
  return typeof node.value === 'string' ? node.value : undefined
}
