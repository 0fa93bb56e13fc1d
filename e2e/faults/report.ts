import type { Breach, HistoryCall } from '../../test/ticket-history/history.js'
import { type Tally, upperBound } from './tally.js'

/** A breach is told with so many calls of its ticket at most; the first ones say how it began. */
const CALLS_SHOWN = 40

/** Says what a run found, in lines. */
export function reportLines(tally: Tally): string[] {
  const double = tally.breaches.filter(({ rule }) => rule === 'admitted to two attempts').length
  return [
    line('redeem races', tally.races),
    line('inside the window', tally.windowRaces),
    line('attempts', tally.attempts),
    line('admitted', tally.admitted),
    line('voided', tally.refused.get('voided') ?? 0),
    ...counts(tally.refused)
      .filter(([code]) => code !== 'voided')
      .map(([code, count]) => line(`refused: ${code}`, count)),
    line('indeterminate', tally.indeterminate),
    ...counts(tally.faults).map(([name, count]) => line(`fault: ${name}`, count)),
    ...[...tally.controls].map(([name, { faults, failed, doubles }]) =>
      line(`control: ${name} admitted twice`, doubles, `at ${failed} of ${faults} faults`),
    ),
    line('double admissions', double),
    line('other breaches', tally.breaches.length - double),
    ...(tally.breaches.length > 0
      ? []
      : [...boundLines('a race', tally.races), ...boundLines('a race inside the window', tally.windowRaces)]),
  ]
}

/** Tells one breach with the history of its ticket. Holds refs and attempt ids, no ticket. */
export function breachLines({ rule, about, calls }: Breach): string[] {
  const shown = calls.slice(0, CALLS_SHOWN)
  const start = calls[0]?.began ?? 0
  return [
    `BREACH  ${about}: ${rule}`,
    ...shown.map((call) => `    ${callLine(call, start)}`),
    ...(shown.length < calls.length ? [`    … and ${calls.length - shown.length} more calls`] : []),
  ]
}

function callLine(call: HistoryCall, start: number): string {
  const at = (ms: number | undefined): string =>
    ms === undefined ? '      never' : `${(ms - start).toFixed(1).padStart(8)} ms`
  const outcome = 'code' in call.outcome ? call.outcome.code : call.outcome.kind
  const what =
    call.name === 'redeem'
      ? `redeem ${call.attempt} (${call.at})`
      : call.name === 'revoke'
        ? `revoke ${call.target.kind}`
        : `issue ${call.singleUse ? 'single-use' : 'reusable'}`
  return `${at(call.began)} ${at(call.ended)}  ${call.process.padEnd(12)} ${what}: ${outcome}`
}

function counts(of: ReadonlyMap<string, number>): [string, number][] {
  return [...of].sort(([one], [other]) => one.localeCompare(other))
}

function line(what: string, count: number, more = ''): string {
  return `${what.padEnd(44)} ${String(count).padStart(9)}${more === '' ? '' : `  ${more}`}`
}

/** Nothing follows from what was not tried. */
function boundLines(what: string, tries: number): string[] {
  if (tries === 0) return []
  const percent = (100 * upperBound(tries)).toPrecision(2)
  return [
    `At 95 % confidence ${what} ends in a breach at most ${percent} % of the time (of ${tries}, none did).`,
  ]
}
