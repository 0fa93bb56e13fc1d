// A number in, a number out: nothing here needs more than a line of text.
const MAX_CHARACTERS = 500
// Each level is a few stack frames; no honest expression nests deeper.
const MAX_DEPTH = 64

/** The value of an expression, or why it has none. */
export type Calculation =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly problem: string }

/** The names that may stand before parentheses, with how many arguments they take. */
const FUNCTIONS: Readonly<
  Record<string, { readonly arity: number; readonly apply: (...args: number[]) => number }>
> = {
  sqrt: { arity: 1, apply: Math.sqrt },
  abs: { arity: 1, apply: Math.abs },
  round: { arity: 1, apply: Math.round },
  floor: { arity: 1, apply: Math.floor },
  ceil: { arity: 1, apply: Math.ceil },
  ln: { arity: 1, apply: Math.log },
  log: { arity: 1, apply: Math.log10 },
  exp: { arity: 1, apply: Math.exp },
  sin: { arity: 1, apply: Math.sin },
  cos: { arity: 1, apply: Math.cos },
  tan: { arity: 1, apply: Math.tan },
  min: { arity: 2, apply: Math.min },
  max: { arity: 2, apply: Math.max },
}

const CONSTANTS: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E }

/** The names that the calculator knows. */
export const CALCULATOR_NAMES: readonly string[] = [...Object.keys(FUNCTIONS), ...Object.keys(CONSTANTS)]

// How tightly an operator binds; `^` binds to the right, all others to the left.
const BINARY: Readonly<
  Record<string, { readonly power: number; readonly apply: (a: number, b: number) => number }>
> = {
  '+': { power: 1, apply: (a, b) => a + b },
  '-': { power: 1, apply: (a, b) => a - b },
  '*': { power: 2, apply: (a, b) => a * b },
  '/': { power: 2, apply: (a, b) => a / b },
  '%': { power: 2, apply: (a, b) => a % b },
  '^': { power: 4, apply: (a, b) => a ** b },
}
// Between `*` and `^`: -2^2 is -(2^2), and -2*3 is (-2)*3.
const SIGN_POWER = 3

const LOOKALIKES: Readonly<Record<string, string>> = {
  '×': '*',
  '·': '*',
  '÷': '/',
  '−': '-',
  '–': '-',
}

interface Token {
  readonly kind: 'number' | 'name' | 'symbol' | 'end'
  readonly text: string
  /** Counted from 1, for people. */
  readonly at: number
}

class Problem extends Error {}

/**
 * Calculates `+ - * / % ^`, parentheses, signs, decimals and a few functions, with the usual precedence.
 *
 * @example
 * calculate('12*(7+5)') // { ok: true, value: 144 }
 */
export function calculate(expression: string): Calculation {
  try {
    const tokens = tokenize(expression)
    const parser = new Parser(tokens)
    const value = parser.parseAll()
    if (Number.isNaN(value)) return { ok: false, problem: 'The result is not a real number.' }
    if (!Number.isFinite(value)) return { ok: false, problem: 'The result is too large.' }
    return { ok: true, value: Object.is(value, -0) ? 0 : value }
  } catch (error) {
    if (error instanceof Problem) return { ok: false, problem: error.message }
    throw error
  }
}

/** Writes a value as people do: 0.1+0.2 is 0.3, and whole numbers have no exponent below 10^15. */
export function formatNumber(value: number): string {
  if (Number.isSafeInteger(value)) return String(value)
  return String(Number(value.toPrecision(12)))
}

function tokenize(expression: string): Token[] {
  if (expression.length > MAX_CHARACTERS)
    throw new Problem(`The expression is longer than ${MAX_CHARACTERS} characters.`)
  const tokens: Token[] = []
  let at = 0
  while (at < expression.length) {
    const rest = expression.slice(at)
    const space = /^\s+/.exec(rest)?.[0]
    if (space !== undefined) {
      at += space.length
      continue
    }
    const number = /^(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+(?![\w.]))?/i.exec(rest)?.[0]
    const name = /^[a-z]+/i.exec(rest)?.[0]
    const character = rest[0] ?? ''
    const symbol = LOOKALIKES[character] ?? character
    if (number !== undefined) {
      if (rest[number.length] === '.')
        throw new Problem(`There is a second decimal point at position ${at + 1 + number.length}.`)
      tokens.push({ kind: 'number', text: number, at: at + 1 })
    } else if (name !== undefined) tokens.push({ kind: 'name', text: name.toLowerCase(), at: at + 1 })
    else if (/^[-+*/%^(),]$/.test(symbol)) tokens.push({ kind: 'symbol', text: symbol, at: at + 1 })
    else
      throw new Problem(`"${[...rest][0] ?? ''}" at position ${at + 1} is not something to calculate with.`)
    at += number?.length ?? name?.length ?? 1
  }
  tokens.push({ kind: 'end', text: '', at: expression.length + 1 })
  return tokens
}

/** A Pratt parser that calculates while it reads. */
class Parser {
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  parseAll(): number {
    const value = this.#expression(0)
    const rest = this.#peek()
    if (rest.kind === 'end') return value
    if (rest.text === ')') throw new Problem(`The ")" at position ${rest.at} closes nothing.`)
    throw new Problem(`An operator is missing before "${rest.text}" at position ${rest.at}.`)
  }

  #expression(power: number): number {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) throw new Problem(`The expression nests deeper than ${MAX_DEPTH} levels.`)
    let value = this.#operand()
    for (;;) {
      const token = this.#peek()
      const operator = token.kind === 'symbol' ? BINARY[token.text] : undefined
      if (operator === undefined || operator.power <= power) break
      this.#next += 1
      // One less lets the same operator follow on the right: 2^3^2 is 2^(3^2).
      const right = this.#expression(token.text === '^' ? operator.power - 1 : operator.power)
      if ((token.text === '/' || token.text === '%') && right === 0) {
        throw new Problem(`Division by zero at position ${token.at}.`)
      }
      value = operator.apply(value, right)
    }
    this.#depth -= 1
    return value
  }

  #operand(): number {
    const token = this.#take()
    if (token.kind === 'number') return Number(token.text)
    if (token.kind === 'name') return this.#named(token)
    if (token.text === '-') return -this.#expression(SIGN_POWER)
    if (token.text === '+') return this.#expression(SIGN_POWER)
    if (token.text === '(') {
      const value = this.#expression(0)
      this.#close(token)
      return value
    }
    if (token.kind === 'end') {
      throw new Problem(token.at === 1 ? 'There is nothing to calculate.' : 'The expression ends too early.')
    }
    throw new Problem(`A number is missing before "${token.text}" at position ${token.at}.`)
  }

  #named(name: Token): number {
    const constant = Object.hasOwn(CONSTANTS, name.text) ? CONSTANTS[name.text] : undefined
    if (constant !== undefined) return constant
    const known = Object.hasOwn(FUNCTIONS, name.text) ? FUNCTIONS[name.text] : undefined
    if (known === undefined)
      throw new Problem(`"${name.text}" at position ${name.at} is not a function of this calculator.`)
    const open = this.#take()
    if (open.text !== '(') throw new Problem(`${name.text} needs parentheses: ${name.text}(…).`)
    const args = [this.#expression(0)]
    while (this.#peek().text === ',') {
      this.#next += 1
      args.push(this.#expression(0))
    }
    this.#close(open)
    if (args.length !== known.arity) {
      throw new Problem(
        `${name.text} takes ${known.arity === 1 ? 'one number' : 'two numbers'}, not ${args.length}.`,
      )
    }
    return known.apply(...args)
  }

  #close(open: Token): void {
    const token = this.#take()
    if (token.text === ')') return
    if (token.kind === 'end') throw new Problem(`The "(" at position ${open.at} is never closed.`)
    throw new Problem(`An operator is missing before "${token.text}" at position ${token.at}.`)
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '', at: 0 }
  }

  #take(): Token {
    const token = this.#peek()
    this.#next += 1
    return token
  }
}
