import { describe, expect, it } from 'vitest'
import { describeTime, findPlace } from './clock-tool.js'

describe('findPlace', () => {
  it.each([
    ['Tokyo', 'Tokyo', 'Asia/Tokyo'],
    [' new  york ', 'New York', 'America/New_York'],
    ['Europe/Paris', 'Paris', 'Europe/Paris'],
    ['europe/paris', 'Paris', 'Europe/Paris'],
    ['Germany', 'Germany', 'Europe/Berlin'],
    ['UTC', 'UTC', 'UTC'],
    ['Etc/GMT+3', 'GMT+3', 'Etc/GMT+3'],
  ])('knows %s', (text, name, zone) => {
    expect(findPlace(text)).toEqual({ name, zone })
  })

  it.each(['Atlantis', '', 'constructor', 'Not/AZone', 'a'.repeat(300)])('does not know %j', (text) => {
    expect(findPlace(text)).toBeUndefined()
  })
})

it('tells the time of a moment in a zone', () => {
  const moment = new Date(Date.UTC(2030, 0, 6, 23, 30))
  expect(describeTime(moment, 'UTC')).toBe('23:30 on Sunday, 6 January 2030 (UTC)')
  expect(describeTime(moment, 'Asia/Tokyo')).toBe('08:30 on Monday, 7 January 2030 (Asia/Tokyo, GMT+9)')
})

it('knows daylight saving', () => {
  expect(describeTime(new Date(Date.UTC(2030, 6, 1, 12)), 'Europe/Berlin')).toMatch(
    /^14:00 on Monday, 1 July 2030/,
  )
})
