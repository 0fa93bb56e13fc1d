import { redact } from '@wsticket/protocol'
import type { HeaderLines } from './message.js'

// Longer than any origin that is one: what is no origin should not fill the logs.
const TOLD_CHARACTERS = 256

/** Why an origin is refused, for whoever runs the server. */
export const NOT_LISTED = 'this origin is not in "origins"'

/** What an `Origin` header says. */
export type OriginReading =
  | { readonly kind: 'absent' }
  | { readonly kind: 'allowed'; readonly origin: string }
  /** Foreign, `null`, malformed or repeated; cut and redacted, since it only goes into events. */
  | { readonly kind: 'refused'; readonly origin: string }

/** Which origins may connect. */
export class Origins {
  readonly #allowed: ReadonlySet<string>
  readonly #any: boolean

  /** Takes exact origins: scheme, host and port, as a browser sends them. */
  constructor(allowed: readonly string[], dangerouslyAllowAnyOrigin: boolean) {
    for (const origin of allowed) checkOrigin(origin)
    this.#allowed = new Set(allowed)
    this.#any = dangerouslyAllowAnyOrigin
  }

  read(headers: HeaderLines): OriginReading {
    const lines = headers('origin')
    const [origin] = lines
    if (origin === undefined) return { kind: 'absent' }
    // Compared to the byte: a browser has one spelling for an origin, and look-alikes have others.
    if (lines.length === 1 && (this.#allowed.has(origin) || (this.#any && isOrigin(origin)))) {
      return { kind: 'allowed', origin }
    }
    return { kind: 'refused', origin: redact(origin).slice(0, TOLD_CHARACTERS) }
  }
}

function checkOrigin(origin: string): void {
  if (isOrigin(origin)) return
  throw new TypeError(
    `origins: ${JSON.stringify(origin)} is not an origin; give scheme, host and, if it is not the default, port, ` +
      'with no path and no slash at the end. Example: https://app.example.com',
  )
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { origin, protocol, host } = new URL(text)
  if (origin !== 'null') return origin === text
  // Extensions and app shells have schemes of their own (`chrome-extension://…`), whose origin the URL standard does
  // not tell, but which browsers send. What has no host sends `null`.
  return host !== '' && `${protocol}//${host}` === text
}
