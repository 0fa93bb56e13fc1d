/** Makes an id that no one else has. Not `randomUUID`, which plain HTTP has only on localhost. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
