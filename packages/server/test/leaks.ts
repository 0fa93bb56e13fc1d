/** A secret that must stand nowhere, and what to call it when it does. */
export interface Canary {
  readonly name: string
  readonly secret: string
}

/** A text that was written somewhere, and where. */
export interface Written {
  readonly where: string
  readonly text: string
}

/** Finds secrets in what was written: raw, URL-encoded, in hexadecimal and in every alignment of base64. */
export function findLeaks(canaries: readonly Canary[], written: readonly Written[]): string[] {
  return canaries.flatMap(({ name, secret }) => {
    const forms = formsOf(secret)
    return written
      .filter(({ text }) => forms.some((form) => text.includes(form)))
      .map(({ where }) => `${name} stands in ${where}`)
  })
}

/** Every way in which a secret could have been written down. */
export function formsOf(secret: string): string[] {
  const forms = new Set([secret, encodeURIComponent(secret), escaped(secret)])
  forms.add(Buffer.from(secret).toString('hex'))
  for (const padding of ['', 'x', 'xx']) {
    const base64 = Buffer.from(padding + secret).toString('base64')
    // The first and the last characters also depend on what stands beside it.
    const core = base64.slice(padding === '' ? 0 : 4, -4)
    forms.add(core)
    forms.add(core.replaceAll('+', '-').replaceAll('/', '_'))
  }
  return [...forms]
}

// Every character percent-encoded, as no encoder does it but every decoder reads it.
function escaped(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
}
