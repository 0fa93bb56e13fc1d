export { type DiagnosisOptions, diagnosis } from './diagnosis.js'
export { explain } from './explain.js'
