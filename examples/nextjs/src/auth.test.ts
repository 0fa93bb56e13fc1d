import { createServer } from 'node:http'
import { expect, it } from 'vitest'
import { listen } from '../../../test/listen.js'
import { Auth } from './auth'

interface Asked {
  readonly path: string | undefined
  readonly authorization: string | undefined
  readonly body: unknown
}

/** An auth service that gives these answers, one after the other. */
async function backend(
  ...answers: readonly [status: number, body: unknown][]
): Promise<{ auth: Auth; asked: Asked[] }> {
  const asked: Asked[] = []
  const left = [...answers]
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
    request.on('end', () => {
      const { url: path, headers } = request
      asked.push({ path, authorization: headers.authorization, body: JSON.parse(text) })
      const [status, body] = left.shift() ?? [404, {}]
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })
  const { http } = await listen(server)
  return { auth: new Auth(http), asked }
}

const tokens = (number: number): [number, unknown] => [
  200,
  { access_token: `access-${number}`, refresh_token: `refresh-${number}` },
]

it('signs in, gives the token, and refreshes it when a fresh one is wanted', async () => {
  const { auth, asked } = await backend(tokens(1), tokens(2))
  let told = 0
  auth.subscribe(() => told++)
  expect(await auth.signIn('ada@example.com', 'ada-demo')).toBeUndefined()
  expect(auth.login()).toEqual({ id: 'ada@example.com 1', email: 'ada@example.com' })
  expect(told).toBe(1)
  expect(await auth.credential({ refresh: false })).toBe('access-1')
  expect(await auth.credential({ refresh: true })).toBe('access-2')
  expect(asked.map(({ path, body }) => [path, body])).toEqual([
    ['/auth/login', { email: 'ada@example.com', password: 'ada-demo' }],
    ['/auth/refresh', { refresh_token: 'refresh-1' }],
  ])
})

it('gives another sign-in of the same user another id', async () => {
  const { auth } = await backend(tokens(1), tokens(2))
  await auth.signIn('ada@example.com', 'ada-demo')
  const first = auth.login()
  await auth.signIn('ada@example.com', 'ada-demo')
  expect(auth.login()?.id).not.toBe(first?.id)
})

it('signs out here and at the backend', async () => {
  const { auth, asked } = await backend(tokens(1), [200, {}])
  await auth.signIn('ada@example.com', 'ada-demo')
  const forget = auth.subscribe(() => expect(auth.login()).toBeUndefined())
  await auth.signOut()
  forget()
  expect(asked.at(-1)).toMatchObject({ path: '/auth/logout', authorization: 'Bearer access-1' })
  expect(await auth.credential({ refresh: true })).toBe('')
  await auth.signOut()
  expect(asked).toHaveLength(2)
})

it('has no token once the backend gives none, and tries again later if it only fails', async () => {
  const { auth } = await backend(tokens(1), [503, {}], [401, {}])
  await auth.signIn('ada@example.com', 'ada-demo')
  await expect(auth.credential({ refresh: true })).rejects.toThrow('/auth/refresh answered 503')
  expect(await auth.credential({ refresh: false })).toBe('access-1')
  expect(await auth.credential({ refresh: true })).toBe('')
  expect(await auth.credential({ refresh: false })).toBe('')
})

it('says what went wrong', async () => {
  const { auth } = await backend([401, {}], [500, {}], [200, 'nonsense'], [200, { access_token: 7 }])
  const signIn = (): Promise<string | undefined> => auth.signIn('ada@example.com', 'wrong')
  expect(await signIn()).toBe('Wrong e-mail or password.')
  expect(await signIn()).toBe('The backend answered 500.')
  expect(await signIn()).toBe('The backend answered 200.')
  expect(await signIn()).toBe('The backend answered 200.')
  expect(auth.login()).toBeUndefined()
  const nobody = new Auth('http://127.0.0.1:1')
  expect(await nobody.signIn('ada@example.com', 'ada-demo')).toBe(
    'The backend at http://127.0.0.1:1 does not answer.',
  )
})
