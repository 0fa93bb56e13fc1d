import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { TICKET_PREFIX, type TicketParts } from '@wsticket/protocol'
import type { LoginKey, SubjectKey } from '../stores/store.js'

// 256 bits: what cannot be guessed in any number of tries.
const SECRET_BYTES = 32
// 64 bits of the HMAC: forging one by chance costs an attacker 2^63 requests, and gains one store call.
const SEAL_BYTES = 8
// 132 bits of the hash.
const REF_HASH_CHARACTERS = 22
const SHARD_CHARACTERS = 2
const ATTEMPT_BYTES = 16

/** Where randomness comes from: `size` bytes from a CSPRNG. */
export type RandomBytes = (size: number) => Uint8Array

/** The machine's CSPRNG. */
export const systemRandom: RandomBytes = (size) => randomBytes(size)

/** A ticket just made, with the handle that is kept of it. */
export interface MintedTicket {
  readonly ticket: string
  readonly ref: string
}

/** Makes a ticket for a subject. The ticket itself is not kept anywhere. */
export function mintTicket(subject: SubjectKey, sealKey: Uint8Array, random: RandomBytes): MintedTicket {
  const shard = subject.slice(0, SHARD_CHARACTERS)
  const secret = Buffer.from(random(SECRET_BYTES)).toString('base64url')
  const sealed = TICKET_PREFIX + shard + secret
  return { ticket: sealed + sealOf(sealed, sealKey), ref: refOf({ shard, secret }) }
}

/** Makes the handle of a ticket that nobody has and nobody can ever present. */
export function mintRef(subject: SubjectKey, random: RandomBytes): string {
  return refOf({
    shard: subject.slice(0, SHARD_CHARACTERS),
    secret: Buffer.from(random(SECRET_BYTES)).toString('base64url'),
  })
}

/**
 * The public handle of a ticket: shard and a hash of the secret's characters.
 *
 * Characters and not decoded bytes, because several spellings decode alike.
 */
export function refOf(parts: Pick<TicketParts, 'shard' | 'secret'>): string {
  return (
    parts.shard + createHash('sha256').update(parts.secret).digest('base64url').slice(0, REF_HASH_CHARACTERS)
  )
}

/** Tells in constant time whether a ticket's seal was made with one of the keys. */
export function sealFits(parts: TicketParts, keys: readonly Uint8Array[]): boolean {
  const presented = Buffer.from(parts.seal)
  return keys.some((key) => timingSafeEqual(presented, Buffer.from(sealOf(parts.sealed, key))))
}

/** SHA-256 of issuer, 0x00, subject. */
export function subjectKey(issuer: string | undefined, subject: string): SubjectKey {
  return createHash('sha256')
    .update(`${issuer ?? ''}\0${subject}`)
    .digest('hex')
}

/** SHA-256 of issuer, 0x00, subject, 0x00, login: a login means nothing without its subject. */
export function loginKey(issuer: string | undefined, subject: string, login: string): LoginKey {
  return createHash('sha256')
    .update(`${issuer ?? ''}\0${subject}\0${login}`)
    .digest('hex')
}

/** A new attempt id: 128 bits. */
export function attemptId(random: RandomBytes): string {
  return Buffer.from(random(ATTEMPT_BYTES)).toString('base64url')
}

/** What is kept of a binding cookie. */
export function cookieHash(value: string): string {
  return createHash('sha256').update(value).digest('base64url')
}

function sealOf(sealed: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(sealed).digest().subarray(0, SEAL_BYTES).toString('base64url')
}
