/** `npm run build`: installs what is missing and builds the packages and the example, if anything changed. */
import { fileURLToPath } from 'node:url'
import { orExplain } from './lib/explain.mjs'
import { prepare } from './lib/prepare.mjs'

await orExplain(() => prepare(fileURLToPath(new URL('..', import.meta.url)), { say: console.log }))
