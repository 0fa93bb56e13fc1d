import { expect, it } from 'vitest'
import { PasswordHasher } from './passwords.js'

it('takes the right password and no other', async () => {
  const hasher = new PasswordHasher()
  const hash = await hasher.hash('correct horse')
  expect(await hasher.verify('correct horse', hash)).toBe('right')
  expect(await hasher.verify('correct  horse', hash)).toBe('wrong')
})

it('salts, so that one password has many hashes', async () => {
  const hasher = new PasswordHasher()
  expect(await hasher.hash('same')).not.toBe(await hasher.hash('same'))
})

it('writes its parameters down and holds no password', async () => {
  const hash = await new PasswordHasher().hash('visible?')
  expect(hash).toMatch(/^scrypt\$16384\$8\$5\$[\w-]{22}\$[\w-]{43}$/)
  expect(hash).not.toContain('visible')
})

it('reads a hash made with other parameters', async () => {
  // RFC 7914, section 12, has N=16384, r=8, p=1 for "pleaseletmein"; here with a salt of 16 bytes.
  const { scryptSync } = await import('node:crypto')
  const salt = Buffer.alloc(16, 7)
  const key = scryptSync('pleaseletmein', salt, 32, { N: 1024, r: 8, p: 1 })
  const hash = `scrypt$1024$8$1$${salt.toString('base64url')}$${key.toString('base64url')}`
  expect(await new PasswordHasher().verify('pleaseletmein', hash)).toBe('right')
})

it('takes a password typed with composed or decomposed letters', async () => {
  const hasher = new PasswordHasher()
  const hash = await hasher.hash('caf\u00e9')
  expect(await hasher.verify('cafe\u0301', hash)).toBe('right')
})

it('says no for nobody, even with the decoy password', async () => {
  expect(await new PasswordHasher().verify('nobody has this password', undefined)).toBe('wrong')
})

it('fails on a stored hash that is not one', async () => {
  await expect(new PasswordHasher().verify('x', 'plain text')).rejects.toThrow('must have the form')
})

it('passes on what scrypt complains about', async () => {
  const zeros = `${'A'.repeat(22)}$${'A'.repeat(43)}`
  await expect(new PasswordHasher().verify('x', `scrypt$3$8$1$${zeros}`)).rejects.toThrow(/invalid/i)
})

it('serves a crowd, but not a longer one than it can answer in time', async () => {
  const hasher = new PasswordHasher({ cost: { N: 2, r: 1, p: 1 } })
  const hash = await hasher.hash('x')
  await hasher.verify('x', hash)
  const crowd = await Promise.all(Array.from({ length: 100 }, async () => await hasher.verify('x', hash)))
  expect(crowd.filter((verdict) => verdict === 'right').length).toBeGreaterThanOrEqual(64)
  expect(crowd).toContain('overloaded')
  expect(await hasher.verify('x', hash)).toBe('right')
})
