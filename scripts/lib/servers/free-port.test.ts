import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { listen } from '../../../test/listen.js'
import { freePort, returnPort } from './free-port.mjs'
import { until } from './until.mjs'

describe('freePort', () => {
  it('gives no port twice, and none that systems hand out', async () => {
    const ports = await Promise.all(Array.from({ length: 100 }, freePort))
    expect(new Set(ports).size).toBe(100)
    for (const port of ports) {
      expect(port).toBeGreaterThanOrEqual(10_000)
      // The bus of a cluster listens 10,000 above it.
      expect(port + 10_000).toBeLessThan(32_768)
      returnPort(port)
    }
    const { port } = await listen(createServer())
    expect(port).toBeGreaterThan(Math.max(...ports))
  })
})

describe('until', () => {
  it('asks until there is an answer, and takes an error for none', async () => {
    let asked = 0
    const answer = await until('the third', () => {
      asked += 1
      if (asked === 1) throw new Error('not there yet')
      return asked > 2 && asked
    })
    expect(answer).toBe(3)
  })

  it('gives up with what it waited for, and why', async () => {
    const waiting = until('a miracle', () => Promise.reject(new Error('none today')), { patienceMs: 5 })
    await expect(waiting).rejects.toThrow('wsticket: waited 5 ms for a miracle: none today')
    await expect(until('another', () => undefined, { patienceMs: 0 })).rejects.toThrow(
      /^wsticket: waited 0 ms for another$/,
    )
  })
})
