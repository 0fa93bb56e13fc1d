import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyText } from '../../test/any-text.js'
import { makePlan } from './planner.js'

const plan = (text: string): string[] =>
  makePlan(text).steps.map(({ tool, input }) => [tool, ...Object.values(input)].join(' '))

describe('a calculation', () => {
  it.each([
    ['12*(7+5)', '12*(7+5)'],
    ['What is 12*(7+5)?', '12*(7+5)'],
    ['what is 12 * (7 + 5) ?', '12 * (7 + 5)'],
    ['Please calculate sqrt(16)+1.', 'sqrt(16)+1'],
    ['how much is 3 plus 4', '3 + 4'],
    ['15% of 80', '15/100*80'],
    ['12 times 12?', '12 * 12'],
    ['what is 10 divided by 4 minus 1', '10 / 4 - 1'],
    ['7 squared', '7^2'],
    ['2 cubed', '2^3'],
    ['what is 17 mod 5', '17 % 5'],
    ['2 to the power of 10', '2 ^ 10'],
    ['the square root of 2', 'sqrt(2)'],
    ['1,000 + 5', '1000 + 5'],
    ['max(1,000)', 'max(1,000)'],
    ['3x4', '3*4'],
    ['2*pi*3', '2*pi*3'],
    ['12*(7+', '12*(7+'],
    ['1/0', '1/0'],
    ['calculate foo(3)', 'foo(3)'],
    ['-5 + 3', '-5 + 3'],
    ['7×6=', '7×6'],
    ['how much is 24/7', '24/7'],
    ['2e3*2', '2e3*2'],
  ])('%s is one', (text, expression) => {
    expect(plan(text)).toEqual([`calculate ${expression}`])
  })

  it.each([
    'What is close code 3000?',
    'Is support there 24/7, really?',
    'What happened on 2024-01-15 to tickets?',
    'Which ttl in 30-3600 is good?',
    'What is -5?',
    'What does RFC 9457 say (section 3)?',
    'calculate the deadline',
    'tickets (and sessions) + logins',
  ])('%s is none', (text) => {
    expect(plan(text).filter((step) => step.startsWith('calculate'))).toEqual([])
  })
})

describe('the time', () => {
  it.each([
    ['What time is it?', 'current_time'],
    ['what time is it right now please', 'current_time'],
    ["What's the time?", 'current_time'],
    ['what is the date today?', 'current_time'],
    ['What time is it in Tokyo?', 'current_time Tokyo'],
    ['what time is it now in new york please?', 'current_time new york'],
    ['Time in Germany', 'current_time Germany'],
    ['what day is it in Sydney', 'current_time Sydney'],
    ['What time is it in Atlantis right now?', 'current_time Atlantis'],
  ])('%s asks for it', (text, step) => {
    expect(plan(text)).toEqual([step])
  })

  it.each([
    'What is the time limit of a session?',
    'How much time in Redis scripts?',
    'time in flight of a ticket',
  ])('%s does not', (text) => {
    expect(plan(text)).toEqual([`search_documents ${text}`])
  })
})

it('does several things for one question', () => {
  expect(plan('What is the time in Tokyo, what is 3 plus 4, and what is a tenure fence?')).toEqual([
    'current_time Tokyo',
    'calculate 3 + 4',
    expect.stringMatching(/^search_documents .*tenure fence\?$/) as unknown,
  ])
})

it.each([
  'hi',
  'Hello!',
  'Good morning',
  'hello there, how are you?',
  'thanks a lot'.replace('a ', ''),
  'help',
  'What can you do?',
  'Who are you?',
])('%s is a greeting, answered by what the documents are about', (text) => {
  expect(makePlan(text)).toMatchObject({
    kind: 'greeting',
    steps: [{ tool: 'search_documents', input: { query: 'wsticket' } }],
  })
})

it.each(['Hello, what is a ticket?', 'What is a tenure fence?', '', '???', 'good tickets'])(
  '%j is a question for the documents',
  (text) => {
    expect(makePlan(text)).toMatchObject({ kind: 'question', steps: [{ tool: 'search_documents' }] })
  },
)

it('has a plan for whatever is said, quickly', () => {
  const said = fc.oneof(
    anyText({ maxLength: 400 }),
    fc.string({
      unit: fc.constantFrom(
        '1',
        ' ',
        ',',
        '(',
        ')',
        '+',
        '-',
        '%',
        ' times ',
        ' of ',
        'what is ',
        'time in ',
        'x',
        'e',
        'sqrt',
      ),
      maxLength: 400,
    }),
  )
  fc.assert(
    fc.property(said, (text) => {
      const { steps } = makePlan(text)
      expect(steps.length).toBeGreaterThan(0)
      expect(steps.every(({ input }) => Object.values(input).every((value) => value.length <= 4000))).toBe(
        true,
      )
    }),
    { numRuns: 500 },
  )
})

it.each([
  '1'.repeat(8000),
  ' '.repeat(8000),
  '1 '.repeat(4000),
  '(1,'.repeat(2700),
  '1,000'.repeat(1600),
  'time '.repeat(1600),
  '1+'.repeat(4000),
])('plans the longest message without hanging', (text) => {
  // A pattern that backtracks would run into the time limit of the test.
  expect(makePlan(text).steps.length).toBeGreaterThan(0)
})

// An expression for the end of the text once took the square of its length. With that, these outlast the test.
it.each([
  ['=', '='.repeat(200_000)],
  ['spaces', `1${' '.repeat(200_000)}`],
  ['dots in a sum', `1+1${'. '.repeat(200_000)}+`],
  ['commas between', `x${','.repeat(200_000)}`],
  ['apostrophes', `time in ${"a'".repeat(200_000)}`],
  ['words of a lead-in', 'please '.repeat(60_000)],
])('plans for a huge text of %s', (_name, text) => {
  expect(makePlan(`${text}x`).steps.length).toBeGreaterThan(0)
})
