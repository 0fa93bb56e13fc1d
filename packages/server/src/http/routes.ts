import type { Refusal } from '@wsticket/protocol'
import { type Refused, refused } from '../authority/context.js'
import { isWsticketError, messageOf, RETRY_AFTER_SECONDS } from '../errors.js'
import type { Claims } from '../identity/principal.js'
import { clientAddress } from '../request/addresses.js'
import { type HttpRequest, type HttpResponse, pathOf } from '../request/message.js'
import { NOT_LISTED } from '../request/origins.js'
import { corsHeaders, preflight } from './cors.js'
import { documentOperation } from './openapi.js'
import type { Call, Operation, RouteParts } from './operation.js'
import { operations } from './operations.js'
import { INTERNAL_ERROR, PRIVATE_HEADERS, problem } from './problem.js'
import { readJson } from './read-json.js'

interface Match<C extends Claims> {
  readonly operation: Operation<C>
  /** The last variable part of the path. */
  readonly named: string
}

/** What has come out about a request, for the event if it is refused. */
interface Known {
  subject?: string | undefined
  ref?: string | undefined
}

/** The HTTP interface on plain data: adapters bring requests and carry answers away. */
export class Routes<C extends Claims = Claims> {
  readonly #parts: RouteParts<C>
  readonly #exact = new Map<string, Operation<C>[]>()
  readonly #patterns: { readonly pattern: RegExp; readonly operation: Operation<C> }[] = []

  constructor(parts: RouteParts<C>) {
    this.#parts = parts
    const described = operations(parts)
    for (const operation of [...described, documentOperation(parts, described)]) {
      for (const path of operation.paths) {
        if (path.includes('{ref}')) {
          this.#patterns.push({ pattern: new RegExp(`^${path.replace('{ref}', '([^/]+)')}$`), operation })
        } else this.#exact.set(path, [...(this.#exact.get(path) ?? []), operation])
      }
    }
  }

  /** Answers a request; `undefined` if its path is none of ours. Never rejects. */
  async handle(request: HttpRequest): Promise<HttpResponse | undefined> {
    const matches = this.#match(pathOf(request.target) ?? '')
    const [first] = matches
    if (first === undefined) return undefined
    const address = clientAddress(request.headers, request.peer, this.#parts.trusted)
    const origin = this.#parts.origins.read(request.headers)
    const cors = corsHeaders(origin, this.#parts.bindsCookie)
    const methods = matches.map(({ operation }) => operation.method)
    const match = matches.find(({ operation }) => operation.method === request.method)
    const known: Known = {}
    const refuse = (outcome: Refused, headers: Record<string, string> = {}): HttpResponse => {
      const { code, detail } = outcome.refusal
      const operation = (match ?? first).operation.name
      const where = origin.kind === 'absent' ? undefined : origin.origin
      const reason = outcome.reason ?? detail
      const { subject } = known
      const ref = outcome.refusal.ref ?? known.ref
      const event = { code, operation, reason, subject, ref, address, origin: where }
      this.#parts.events.emit('request.refused', event)
      return withHeaders(problem(outcome.refusal, this.#parts.refusalsUrl), { ...cors, ...headers })
    }
    if (request.method === 'OPTIONS') {
      // The browser sends nothing more, and says only that there was no answer: nobody else would tell.
      if (origin.kind === 'refused') refuse(refused({ code: 'origin_refused' }, NOT_LISTED))
      return withHeaders(preflight(methods), cors)
    }
    if (match === undefined) {
      const allow = [...methods, 'OPTIONS'].join(', ')
      return refuse(refused(invalid(405, `the method must be one of: ${allow}`)), { allow })
    }
    if (origin.kind === 'refused' && request.method !== 'GET')
      return refuse(refused({ code: 'origin_refused' }, NOT_LISTED))
    try {
      const allowed = origin.kind === 'allowed' ? origin.origin : undefined
      const answer = await match.operation.run(this.#call(match.named, request, address, allowed, known))
      if (!answer.ok) return refuse(answer, answer.headers)
      return {
        status: answer.status ?? 200,
        headers: { ...PRIVATE_HEADERS, ...cors, 'content-type': 'application/json', ...answer.headers },
        body: JSON.stringify(answer.body),
      }
    } catch (error) {
      if (isWsticketError(error)) {
        const { code, retryAfterSeconds = RETRY_AFTER_SECONDS } = error
        return refuse(refused({ code, retryAfterSeconds }, messageOf(error)))
      }
      this.#parts.events.emit('handler.failed', { where: match.operation.name, message: messageOf(error) })
      return withHeaders(INTERNAL_ERROR, cors)
    }
  }

  #call(
    named: string,
    request: HttpRequest,
    address: string,
    origin: string | undefined,
    known: Known,
  ): Call<C> {
    const { authority, identify } = this.#parts
    const call: Call<C> = {
      request,
      address,
      origin,
      ref: async () => {
        known.ref = await authority.resolveRef(named)
        return known.ref
      },
      read: async (schema) => {
        const read = await readJson(request, schema)
        return 'refusal' in read ? refused(read.refusal) : { ok: true, value: read.value }
      },
      identify: async () => {
        const caller = await identify(request, address)
        if (caller.ok) known.subject = caller.principal.subject
        return caller
      },
      identifyLive: async () => {
        const caller = await call.identify()
        if (!caller.ok) return caller
        return (await authority.checkCredential(caller.principal)) ?? caller
      },
    }
    return call
  }

  #match(path: string): Match<C>[] {
    const exact = this.#exact.get(path)
    if (exact !== undefined) return exact.map((operation) => ({ operation, named: '' }))
    const matches: Match<C>[] = []
    for (const { pattern, operation } of this.#patterns) {
      const named = pattern.exec(path)?.[1]
      if (named !== undefined) matches.push({ operation, named })
    }
    return matches
  }
}

function withHeaders(response: HttpResponse, headers: Readonly<Record<string, string>>): HttpResponse {
  return { ...response, headers: { ...response.headers, ...headers } }
}

function invalid(status: NonNullable<Refusal['status']>, detail: string): Refusal {
  return { code: 'request_invalid', status, detail }
}
