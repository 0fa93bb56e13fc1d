import type { Server } from 'node:http'
import { expect } from 'vitest'

// Vitest types its asymmetric matchers as `any`; `unknown` keeps the checks of types alive around them.
export const anyString: unknown = expect.any(String)
export const anyNumber: unknown = expect.any(Number)

export function containing(text: string): unknown {
  return expect.stringContaining(text)
}

export function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern)
}

/** Reads a body that must be a JSON object. */
export async function jsonOf(response: Response): Promise<Record<string, unknown>> {
  const body: unknown = await response.json()
  if (typeof body !== 'object' || body === null) throw new Error('The body is no JSON object.')
  return { ...body }
}

/** Reads a field that must be a text. */
export function textOf(body: Readonly<Record<string, unknown>>, name: string): string {
  const value = body[name]
  if (typeof value !== 'string') throw new Error(`${name} is no text.`)
  return value
}

/** Starts a server on a free port of the loopback; gives the port. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return portOf(server)
}

/** The port of a server that listens. */
export function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server does not listen.')
  return address.port
}
