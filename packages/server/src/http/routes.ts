import type { Refusal } from '@wsticket/protocol'
import { type Refused, refused } from '../authority/context.js'
import { isWsticketError, messageOf } from '../errors.js'
import type { Claims } from '../identity/principal.js'
import { clientAddress } from '../request/addresses.js'
import { type HttpRequest, type HttpResponse, pathOf } from '../request/message.js'
import { corsHeaders, preflight } from './cors.js'
import { documentOperation } from './openapi.js'
import type { Answer, Call, Operation, RouteParts } from './operation.js'
import { operations } from './operations.js'
import { INTERNAL_ERROR, PRIVATE_HEADERS, problem } from './problem.js'
import { readJson } from './read-json.js'

interface Match<C extends Claims> {
  readonly operation: Operation<C>
  readonly ref: string
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
    const cors = corsHeaders(origin, this.#parts.authority.context.bind.cookie)
    const methods = matches.map(({ operation }) => operation.method)
    if (request.method === 'OPTIONS') return withHeaders(preflight(methods), cors)
    const match = matches.find(({ operation }) => operation.method === request.method)
    const refuse = (outcome: Refused, headers: Record<string, string> = {}): HttpResponse => {
      const { code, detail } = outcome.refusal
      const operation = (match ?? first).operation.name
      const where = origin.kind === 'absent' ? undefined : origin.origin
      const reason = outcome.reason ?? detail
      this.#parts.events.emit('request.refused', { code, operation, reason, address, origin: where })
      return withHeaders(problem(outcome.refusal, this.#parts.refusalsUrl), { ...cors, ...headers })
    }
    if (match === undefined) {
      const allow = [...methods, 'OPTIONS'].join(', ')
      return refuse(refused(invalid(405, `the method must be one of: ${allow}`)), { allow })
    }
    if (origin.kind === 'refused' && request.method !== 'GET')
      return refuse(refused({ code: 'origin_refused' }))
    try {
      const answer = await this.#answer(
        match,
        request,
        address,
        origin.kind === 'allowed' ? origin.origin : undefined,
      )
      if (!answer.ok) return refuse(answer, answer.headers)
      return {
        status: answer.status ?? 200,
        headers: { ...PRIVATE_HEADERS, ...cors, 'content-type': 'application/json', ...answer.headers },
        body: JSON.stringify(answer.body),
      }
    } catch (error) {
      if (isWsticketError(error))
        return refuse(refused({ code: error.code, retryAfterSeconds: 1 }, error.message))
      this.#parts.events.emit('handler.failed', { where: match.operation.name, message: messageOf(error) })
      return withHeaders(INTERNAL_ERROR, cors)
    }
  }

  async #answer(
    { operation, ref }: Match<C>,
    request: HttpRequest,
    address: string,
    origin: string | undefined,
  ): Promise<Answer> {
    const call: Call<C> = {
      request,
      address,
      origin,
      ref,
      read: async (schema) => {
        const read = await readJson(request, schema)
        return 'refusal' in read ? refused(read.refusal) : { ok: true, value: read.value }
      },
      identify: async () => {
        const caller = await this.#parts.identify(request, address)
        if (!caller.ok) return caller
        return (await this.#parts.authority.checkCredential(caller.principal)) ?? caller
      },
    }
    return operation.run(call)
  }

  #match(path: string): Match<C>[] {
    const exact = this.#exact.get(path)
    if (exact !== undefined) return exact.map((operation) => ({ operation, ref: '' }))
    const matches: Match<C>[] = []
    for (const { pattern, operation } of this.#patterns) {
      const ref = pattern.exec(path)?.[1]
      if (ref !== undefined) matches.push({ operation, ref })
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
