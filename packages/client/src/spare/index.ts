export { MOST_UNUSED_SPARES, SPARE_MARGIN_MS, type SpareOptions, withSpare } from './spare.js'
export type { Visibility } from './visibility.js'
