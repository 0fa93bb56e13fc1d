// Checks of what a programmer gives: each throws a TypeError that says which option is wrong and what it must be.

const SEAL_KEY_BYTES = 32

export function checkKnown(where: string, given: object | undefined, names: readonly string[]): void {
  const unknown = Object.keys(given ?? {}).find((name) => !names.includes(name))
  if (unknown === undefined) return
  throw new TypeError(
    `${where}${unknown} is no option; there are: ${names.map((name) => where + name).join(', ')}`,
  )
}

export function checkOneOf(option: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return
  throw new TypeError(`${option} is ${JSON.stringify(value)}; it must be one of: ${allowed.join(', ')}`)
}

export function checkPublicUrl(publicUrl: string | undefined): void {
  if (publicUrl === undefined) return
  if (URL.canParse(publicUrl) && /^wss?:$/.test(new URL(publicUrl).protocol)) return
  throw new TypeError(
    `publicUrl is ${JSON.stringify(publicUrl)}; it must be a WebSocket URL. Example: wss://api.example.com/ws`,
  )
}

export function checkSealKeys(option: string, keys: readonly Uint8Array[] | undefined): void {
  if (keys === undefined) return
  if (keys.length > 0 && keys.every((key) => key.byteLength === SEAL_KEY_BYTES)) return
  throw new TypeError(`${option} must be one or more keys of ${SEAL_KEY_BYTES} bytes each`)
}

export function checkWhole(option: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw new TypeError(
    `${option} is ${JSON.stringify(value)}; it must be a whole number from ${min} to ${max}`,
  )
}

export function checkRate(
  option: string,
  value: { readonly burst: number; readonly perSecond: number } | undefined,
): void {
  if (value === undefined) return
  const { burst, perSecond } = value
  if (Number.isInteger(burst) && burst >= 1 && Number.isFinite(perSecond) && perSecond > 0) return
  throw new TypeError(
    `${option} must have a whole burst of 1 or more and a perSecond above 0, as in { burst: 60, perSecond: 1 }`,
  )
}
