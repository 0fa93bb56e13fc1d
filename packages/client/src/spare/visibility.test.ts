import { expect, it, vi } from 'vitest'
import { visibilityOr } from './visibility.js'

it('is never hidden where there is no page', () => {
  const visibility = visibilityOr(undefined)
  expect(visibility.hidden).toBe(false)
  const stop = visibility.listen(() => {})
  expect(stop).not.toThrow()
})

it('listens to the page until it is told to stop', () => {
  const page = Object.assign(new EventTarget(), { hidden: true })
  vi.stubGlobal('document', page)
  const visibility = visibilityOr(undefined)
  expect(visibility.hidden).toBe(true)
  const changed = vi.fn<() => void>()
  const stop = visibility.listen(changed)
  page.dispatchEvent(new Event('visibilitychange'))
  expect(changed).toHaveBeenCalledTimes(1)
  stop()
  page.dispatchEvent(new Event('visibilitychange'))
  expect(changed).toHaveBeenCalledTimes(1)
})
