import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyText } from '../../test/any-text.js'
import { CALCULATOR_NAMES, calculate, formatNumber } from './calculator.js'

describe('calculate', () => {
  it.each([
    ['12*(7+5)', 144],
    ['1+2*3', 7],
    ['(1+2)*3', 9],
    ['10-4-3', 3],
    ['100/10/2', 5],
    ['17 % 5', 2],
    ['2^3^2', 512],
    ['-2^2', -4],
    ['(-2)^2', 4],
    ['2^-1', 0.5],
    ['-2*3', -6],
    ['2*-3', -6],
    ['--5', 5],
    ['+5 - +3', 2],
    ['.5 + 1.', 1.5],
    ['1e3', 1000],
    ['2.5e-1', 0.25],
    ['sqrt(2^4)', 4],
    ['max(3, min(9, 7))', 7],
    ['abs(-3)+round(2.5)+floor(2.9)+ceil(2.1)', 11],
    ['SQRT(9)', 3],
    ['ln(e)', 1],
    ['log(1000)', 3],
    ['cos(0)+sin(0)+tan(0)+exp(0)', 2],
    ['2*pi', 2 * Math.PI],
    ['7×6', 42],
    ['84÷2', 42],
    ['50−8', 42],
    ['0*-1', 0],
  ])('%s is %d', (expression, value) => {
    const outcome = calculate(expression)
    expect(outcome).toEqual({ ok: true, value: expect.closeTo(value, 10) as unknown })
  })

  it.each([
    ['', 'There is nothing to calculate.'],
    ['   ', 'The expression ends too early.'],
    ['1+', 'The expression ends too early.'],
    ['*3', 'A number is missing before "*" at position 1.'],
    ['1 2', 'An operator is missing before "2" at position 3.'],
    ['(1', 'The "(" at position 1 is never closed.'],
    ['(1 2)', 'An operator is missing before "2" at position 4.'],
    ['1)', 'The ")" at position 2 closes nothing.'],
    ['()', 'A number is missing before ")" at position 2.'],
    ['1/0', 'Division by zero at position 2.'],
    ['5 % (1-1)', 'Division by zero at position 3.'],
    ['1.2.3', 'There is a second decimal point at position 4.'],
    ['2 & 3', '"&" at position 3 is not something to calculate with.'],
    ['1 + 😀', '"😀" at position 5 is not something to calculate with.'],
    ['foo(1)', '"foo" at position 1 is not a function of this calculator.'],
    ['constructor(1)', '"constructor" at position 1 is not a function of this calculator.'],
    ['sqrt 4', 'sqrt needs parentheses: sqrt(…).'],
    ['sqrt(1,2)', 'sqrt takes one number, not 2.'],
    ['min(1)', 'min takes two numbers, not 1.'],
    ['sqrt(-1)', 'The result is not a real number.'],
    ['9^9^9', 'The result is too large.'],
    ['1'.repeat(501), 'The expression is longer than 500 characters.'],
    [`${'('.repeat(65)}1${')'.repeat(65)}`, 'The expression nests deeper than 64 levels.'],
    [`${'-'.repeat(100)}1`, 'The expression nests deeper than 64 levels.'],
  ])('%s has no value, and it says why', (expression, problem) => {
    expect(calculate(expression)).toEqual({ ok: false, problem })
  })

  it('takes a long but flat expression', () => {
    expect(calculate(Array.from({ length: 200 }, () => '1').join('+'))).toEqual({ ok: true, value: 200 })
  })

  it('agrees with JavaScript on every expression that both can read', () => {
    const number = fc.integer({ min: 0, max: 99 }).map(String)
    const { tree } = fc.letrec<{ tree: string }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        number,
        fc
          .tuple(tie('tree'), fc.constantFrom('+', '-', '*', '/', '%'), tie('tree'))
          .map(([a, o, b]) => `${a} ${o} ${b}`),
        tie('tree').map((inner) => `(${inner})`),
        tie('tree').map((inner) => `-(${inner})`),
        fc.tuple(number, number).map(([a, b]) => `(${a})^${Number(b) % 4}`),
      ),
    }))
    fc.assert(
      fc.property(tree, (expression) => {
        fc.pre(expression.length <= 500)
        const outcome = calculate(expression)
        const expected: unknown = runInNewContext(expression.replaceAll('^', '**'))
        const agrees = outcome.ok
          ? outcome.value === expected
          : outcome.problem.startsWith('Division by zero') || !Number.isFinite(expected)
        expect(agrees).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('never throws and never hangs, whatever it is given', () => {
    const soup = fc.string({
      unit: fc.constantFrom(...Array.from('0123456789.e+-*/%^(), '), ...CALCULATOR_NAMES, '💥'),
      maxLength: 300,
    })
    fc.assert(
      fc.property(fc.oneof(soup, anyText()), (text) => {
        const outcome = calculate(text)
        expect(outcome.ok ? Number.isFinite(outcome.value) : outcome.problem.endsWith('.')).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('formatNumber', () => {
  it.each([
    [144, '144'],
    [0.1 + 0.2, '0.3'],
    [2 ** 53 - 1, '9007199254740991'],
    [1 / 3, '0.333333333333'],
    [1e300, '1e+300'],
  ])('writes %d as %s', (value, text) => {
    expect(formatNumber(value)).toBe(text)
  })
})
