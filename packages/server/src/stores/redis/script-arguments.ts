import { randomBytes } from 'node:crypto'
import type { Holder, Notice, RevokeTarget } from '../store.js'
import { shardOf } from './keys.js'

/** The notice of a revoke. */
export function noticeOf(target: RevokeTarget, at: number): Notice {
  switch (target.kind) {
    case 'ticket':
      return { kind: 'session', ref: target.ref, code: 'session_revoked' }
    case 'session':
      return { kind: 'session', ref: target.ref, code: target.code }
    case 'login':
      return { kind: 'login', subject: target.subject, login: target.login, at }
    case 'subject':
      return { kind: 'subject', subject: target.subject, at }
  }
}

/** The second in which a credential was issued, and the millisecond in which it ends. */
export function timesOf({ issuedAt, expiresAt }: Holder): [issuedAt: string, expiresAt: string] {
  return [
    issuedAt === undefined ? '-' : whole(issuedAt),
    expiresAt === undefined ? '-' : whole(expiresAt * 1000),
  ]
}

/** Refs by their shard, whose keys a script may touch together. */
export function groupByShard(refs: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const ref of refs) {
    const group = groups.get(shardOf(ref))
    if (group === undefined) groups.set(shardOf(ref), [ref])
    else group.push(ref)
  }
  return groups
}

/** A generation that no subject has had. */
export function newGeneration(): string {
  return randomBytes(9).toString('base64url')
}

/** A number as a script reads it: no fraction, no exponent. */
export function whole(number: number): string {
  return BigInt(Math.floor(number)).toString()
}
