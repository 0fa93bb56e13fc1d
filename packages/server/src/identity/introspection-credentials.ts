import { checkKnown } from '../checks.js'

/** The name and secret that the auth service knows us by. */
export interface ClientCredentials {
  readonly id: string
  readonly secret: string
}

/** What is sent with every request to prove who we are. */
export interface OwnCredentials {
  readonly client: ClientCredentials | undefined
  readonly bearer: string | undefined
  readonly headers: Readonly<Record<string, string>>
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/
const HEADER_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
const BEARER = /^[\x21-\x7e]+$/

/** Makes the headers. Throws a `TypeError` that says which option is wrong, and never what stands in it. */
export function credentialHeaders({
  client,
  bearer,
  headers,
}: OwnCredentials): Readonly<Record<string, string>> {
  const all: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name)) {
      throw new TypeError(`introspection.headers: ${JSON.stringify(name)} is no name of a header`)
    }
    if (typeof value !== 'string' || !HEADER_VALUE.test(value)) {
      throw new TypeError(
        `introspection.headers: the value of ${name} cannot be sent; it must be visible ASCII, without a line break at its end`,
      )
    }
    all[name.toLowerCase()] = value
  }
  const ways = Object.entries({ client, bearer, 'headers.authorization': all.authorization })
  const given = ways.filter(([, value]) => value !== undefined).map(([name]) => name)
  if (given.length > 1) {
    throw new TypeError(
      `introspection: ${given.join(' and ')} exclude each other; there is one Authorization header`,
    )
  }
  if (client !== undefined) all.authorization = basic(client)
  if (bearer !== undefined) {
    if (typeof bearer !== 'string' || !BEARER.test(bearer)) {
      throw new TypeError(
        'introspection.bearer cannot be sent; it must be visible ASCII, without spaces or a line break at its end',
      )
    }
    all.authorization = `Bearer ${bearer}`
  }
  return all
}

/** RFC 6749, 2.3.1: each part as in a form, so that a colon in the id does not end it. */
function basic(client: ClientCredentials): string {
  checkKnown('introspection.client.', client, ['id', 'secret'])
  const { id, secret } = client
  for (const [name, value] of Object.entries({ id, secret })) {
    if (typeof value !== 'string' || value === '' || value.trim() !== value) {
      throw new TypeError(
        `introspection.client.${name} must be a text, without white space around it; is an environment variable unset?`,
      )
    }
  }
  return `Basic ${btoa(`${formEncoded(id)}:${formEncoded(secret)}`)}`
}

function formEncoded(value: string): string {
  return new URLSearchParams({ '': value }).toString().slice(1)
}
