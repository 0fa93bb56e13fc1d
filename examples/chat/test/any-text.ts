import fc from 'fast-check'

/**
 * Texts of any code points, controls and unassigned ones included. As `fc.string({ unit: 'binary' })`, which takes
 * seconds before its first one.
 */
export function anyText(options: { readonly maxLength?: number } = {}): fc.Arbitrary<string> {
  const codePoint = fc.nat(0x10_ff_ff).filter((code) => code < 0xd8_00 || code > 0xdf_ff)
  return fc.array(fc.oneof(fc.nat(0xff), codePoint), options).map((codes) => String.fromCodePoint(...codes))
}
