import { type HeaderLines, headerValue } from './message.js'

/** The cookie that a ticket can be bound to. `__Host-`: no other host, not even a sibling, can set it. */
export const BINDING_COOKIE = '__Host-wsticket'

const VALUE = /^[A-Za-z0-9_-]{43}$/

/** The value of the binding cookie; `undefined` if it is absent, malformed or there twice. */
export function bindingCookie(headers: HeaderLines): string | undefined {
  const values = (headerValue(headers, 'cookie') ?? '')
    .split(/[;,]/)
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${BINDING_COOKIE}=`))
    .map((pair) => pair.slice(BINDING_COOKIE.length + 1))
  const [value] = values
  return values.length === 1 && value !== undefined && VALUE.test(value) ? value : undefined
}

/** The `Set-Cookie` header that gives a browser its binding cookie. */
export function setBindingCookie(value: string): string {
  return `${BINDING_COOKIE}=${value}; Path=/; Secure; HttpOnly; SameSite=Strict`
}
