import type { Carrier, Pathway, RefusalCode } from '@wsticket/protocol'

/** What every event has. */
interface EventBase {
  /** Unix milliseconds, by this node's clock. */
  readonly at: number
}

/**
 * What happens, by name. Refs and subjects are safe to log; no event ever holds a ticket, a JWT or a key.
 *
 * Text that came from outside (origins, addresses, reasons) is data: write it escaped.
 */
export interface WsticketEvents {
  'ticket.issued': EventBase & {
    readonly ref: string
    readonly subject: string
    readonly audience: string
    readonly ttlSeconds: number
    readonly singleUse: boolean
    readonly address?: string | undefined
  }
  /**
   * A request for a ticket, or another HTTP request, was refused. `operation` is its name in the OpenAPI document;
   * `issue` without HTTP, `docs` for the pages, `unknown` for paths of nobody, `connection` for what was no request.
   */
  'request.refused': EventBase & {
    readonly code: RefusalCode
    readonly operation: string
    readonly reason?: string | undefined
    /** Who asked, once that was known. */
    readonly subject?: string | undefined
    /** The ticket or session that the request named. */
    readonly ref?: string | undefined
    readonly address?: string | undefined
    readonly origin?: string | undefined
  }
  /** The cap on outstanding tickets voided the oldest. */
  'ticket.voided': EventBase & { readonly ref: string; readonly subject: string }
  'ticket.revoked': EventBase & {
    readonly ref: string
    /** Who asked, if it was the ticket's owner. */
    readonly subject?: string | undefined
  }
  /** A session was ended from outside, wherever its sockets are. */
  'session.revoked': EventBase & {
    readonly ref: string
    readonly code: RefusalCode
    /** Who asked, if it was the session's owner. */
    readonly subject?: string | undefined
  }
  'ticket.redeemed': EventBase & {
    readonly ref: string
    readonly subject: string
    readonly audience: string
    readonly carrier?: Carrier | undefined
    readonly address?: string | undefined
    readonly origin?: string | undefined
    /** How long the redeem took, in milliseconds. */
    readonly durationMs: number
  }
  /**
   * A session was opened without a ticket, or by a pathway that is set to `warn`: then `deprecated`, and to be done away with
   * once nobody uses it any more.
   */
  'pathway.used': EventBase & {
    readonly pathway: Pathway
    readonly deprecated: boolean
    readonly ref: string
    readonly subject: string
    readonly audience: string
    readonly carrier?: Carrier | undefined
    readonly address?: string | undefined
    readonly origin?: string | undefined
    /** How long the session took to open once the credential was verified, in milliseconds. */
    readonly durationMs: number
  }
  /** An upgrade, or a redeem without one, was refused. */
  'redeem.refused': EventBase & {
    readonly code: RefusalCode
    /** The one whose credential was presented; absent if there was none, or it was not looked at. */
    readonly pathway?: Pathway | undefined
    readonly ref?: string | undefined
    readonly reason?: string | undefined
    readonly audience?: string | undefined
    readonly carrier?: Carrier | undefined
    readonly address?: string | undefined
    readonly origin?: string | undefined
  }
  /** A single-use ticket was presented a second time: somebody has a copy. */
  'ticket.reused': EventBase & {
    readonly ref: string
    readonly first: { readonly at: number; readonly address?: string | undefined }
    readonly second: { readonly address?: string | undefined }
    /** Whether the session that the first redeem opened was revoked. */
    readonly revoked: boolean
  }
  'session.opened': EventBase & {
    readonly ref: string
    readonly subject: string
    readonly pathway: Pathway
    readonly audience: string
    readonly deadline: number
    readonly address?: string | undefined
  }
  'session.renewed': EventBase & { readonly ref: string; readonly subject: string; readonly deadline: number }
  /** A renewal took permissions away from a live session. */
  'session.narrowed': EventBase & { readonly ref: string; readonly permissions: readonly string[] }
  /** One socket of a session ended. `code` is absent if the peer or the application ended it. */
  'session.closed': EventBase & {
    readonly ref: string
    readonly subject: string
    readonly code?: RefusalCode | undefined
    /** How long the socket lived, in milliseconds. */
    readonly durationMs: number
  }
  'login.revoked': EventBase & { readonly subject: string; readonly login: string }
  'subject.revoked': EventBase & { readonly subject: string }
  /** The store is there: for the first time, again, or with other promises or warnings than before. */
  'store.ready': EventBase & {
    readonly kind: string
    readonly promises: Readonly<Record<string, string>>
    /** What keeps it from promising more, and what to do about it: one sentence each. */
    readonly warnings: readonly string[]
  }
  /** The store did not answer, answered with an error, or took too long. */
  'store.failed': EventBase & {
    readonly operation: string
    readonly message: string
    /** What an operator can do about it, where the store knows. */
    readonly remedy?: string | undefined
  }
  /** `authenticate` threw: it could not tell whether a credential is good. */
  'identity.failed': EventBase & { readonly message: string }
  /** A listener, or a handler of the application, threw. */
  'handler.failed': EventBase & { readonly where: string; readonly message: string }
}

export type WsticketEventName = keyof WsticketEvents
