/**
 * Takes characters off the end. In one pass from there: an expression like `/[x]+$/` starts anew at every
 * one of the characters in the middle of a text, which takes the square of its length.
 */
export function withoutEnd(text: string, isOff: (character: string) => boolean): string {
  let end = text.length
  while (end > 0 && isOff(text.charAt(end - 1))) end -= 1
  return text.slice(0, end)
}

/** Tells what `\s` stands for. */
export function isSpace(character: string): boolean {
  return character.trim() === ''
}
