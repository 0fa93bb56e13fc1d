import { describe, expect, test } from 'vitest'
import { readOptions } from './options.js'

const read = (...args: string[]) => readOptions(args, () => 'new')

describe('The command line of the lab', () => {
  test('has a default for everything, and a seed of its own', () => {
    expect(read()).toEqual({
      topologies: ['single', 'single-rdb', 'single-aof', 'pair', 'sentinel', 'cluster'],
      seed: 'new',
      races: 100_000,
      minutes: 25,
      only: undefined,
    })
  })

  test('repeats one round', () => {
    expect(read('--topology', 'cluster', '--seed', '7', '--only', '12')).toMatchObject({
      topologies: ['cluster'],
      seed: '7',
      only: 12,
    })
  })

  test.each([
    [['--topology', 'pear'], /"pear"; it must be one of single/],
    [['--races', 'many'], /--races is "many"/],
    [['--only', '3'], /needs one --topology/],
    [['--sed', '7'], /--sed/],
  ])('refuses %j', (args, message) => {
    expect(() => read(...args)).toThrow(message)
  })
})
