// The transition suites as they are, in whatever runtime this is; whoever started it reads the report.
import '../../src/core/connection-state.test.js'
import '../../src/session-state.test.js'
import { runDeclared } from './tiny-vitest.js'

const report = JSON.stringify(await runDeclared())
// biome-ignore lint/suspicious/noConsole: a script's answer
console.log(report)
