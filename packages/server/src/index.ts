export type { AnonymousOptions, PathwayOptions } from './admission/pathway-options.js'
export type { PathwayMode } from './admission/pathways.js'
export type {
  Admission,
  AdmittedUpgrade,
  RedeemContext,
  RefusedUpgrade,
  UpgradeRequest,
} from './admission/upgrade.js'
export type { Refused, UserName } from './authority/context.js'
export type { IssuedTicket } from './authority/issue.js'
export type { Limits, TicketPolicy, TicketWishes } from './authority/policy.js'
export type { Revocation } from './authority/revoke.js'
export type { RandomBytes } from './authority/secret.js'
export type { Health } from './authority/store-watch.js'
export type { Clock } from './clock.js'
export { systemClock } from './clock.js'
export type { WsticketErrorCode } from './errors.js'
export { isWsticketError, WsticketError } from './errors.js'
export type { AuditLevel, AuditLogger } from './events/audit.js'
export { auditLog } from './events/audit.js'
export type { Counters, PathwayCounters } from './events/counters.js'
export type { WsticketEventName, WsticketEvents } from './events/events.js'
export type { EventSource } from './events/hub.js'
export type { AdapterRefusal } from './http/adapter-refusal.js'
export type { TicketRoute } from './http/route-table.js'
export type { ClaimNames } from './identity/claims.js'
export { introspection } from './identity/introspection.js'
export type { BreakerOptions } from './identity/introspection-breaker.js'
export type { ServiceAnswer, ServiceRequest } from './identity/introspection-call.js'
export type { ClientCredentials } from './identity/introspection-credentials.js'
export type { IntrospectionOptions } from './identity/introspection-options.js'
export type { JwtOptions } from './identity/jwt.js'
export { jwt } from './identity/jwt.js'
export type { JwtAlgorithm, KeySource } from './identity/jwt-keys.js'
export type {
  Authenticate,
  Claims,
  CredentialRefusal,
  CredentialRequest,
  Principal,
} from './identity/principal.js'
export type { LimitOptions, TicketOptions, WsticketOptions } from './options.js'
export type { Quota, Rate } from './rate/gcra.js'
export { clientAddresses } from './request/addresses.js'
export type { HeaderLines, HttpRequest, HttpResponse, RequestData } from './request/message.js'
export type { SessionPolicy } from './sessions/policy.js'
export type { HeldSocket, Session, SocketHold } from './sessions/session.js'
export { memoryStore } from './stores/memory.js'
export type {
  Bindings,
  CredentialTimes,
  Holder,
  Inspection,
  IssueOutcome,
  IssueTerms,
  LoginKey,
  Notice,
  NoticeBatch,
  OvertakenCredential,
  RedeemAttempt,
  RedeemOutcome,
  RedeemTerms,
  Renewal,
  RenewOutcome,
  RevokeOutcome,
  RevokeTarget,
  SessionCheck,
  SessionEndCode,
  SessionSummary,
  StoredPrincipal,
  StoreHealth,
  StorePromises,
  SubjectKey,
  TicketRecord,
  TicketState,
  TicketStore,
} from './stores/store.js'
export type { Wsticket, WsticketBinding } from './wsticket.js'
export { createWsticket } from './wsticket.js'
