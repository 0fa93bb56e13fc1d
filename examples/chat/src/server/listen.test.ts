import { createServer } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { listen } from './listen.js'

it('gives the port, and hands over what fails later instead of ending the process', async () => {
  const server = createServer()
  onTestFinished(() => {
    server.close()
  })
  const errors: unknown[] = []
  const port = await listen(server, { port: 0, host: '127.0.0.1' }, (error) => errors.push(error))
  expect(port).toBeGreaterThan(0)
  const late = new Error('too many open files')
  server.emit('error', late)
  server.emit('error', late)
  expect(errors).toEqual([late, late])
})
