import { REFUSALS, type RefusalCode } from '@wsticket/protocol'
import { z } from 'zod'
import type { Claims } from '../identity/principal.js'
import { type DescribedOperation, type OperationText, operationTexts } from './openapi-operations.js'
import type { Operation, RouteParts } from './operation.js'
import {
  closeResponseSchema,
  configResponseSchema,
  healthResponseSchema,
  logoutRequestSchema,
  logoutResponseSchema,
  problemSchema,
  readyResponseSchema,
  renewResponseSchema,
  revokeResponseSchema,
  sessionsResponseSchema,
  statusResponseSchema,
  ticketRequestSchema,
  ticketResponseSchema,
  validateResponseSchema,
} from './schemas.js'

/** Where the document is. */
export const OPENAPI_PATH = '/openapi.json'

// The version of the wire contract (`wst1_`, `wsticket.v1`), not of the package.
const CONTRACT_VERSION = '1.0.0'

const INTRODUCTION = `Single-use tickets for WebSockets. Get a ticket over HTTP with the credential that you have, then open
the WebSocket with it:

    new WebSocket(url, ['wsticket.v1', 'wsticket.' + ticket_id])

or dial \`websocket_url\`, which holds the ticket in its query. A ticket admits once. Whatever is refused is
\`application/problem+json\` (RFC 9457) with a \`code\` of the refusal table; the codes are the interface, the sentences
are not. Paths take a \`ref\`, the public handle of a ticket; the ticket itself works in its place.`

/** A JSON object of the document. */
export type JsonObject = { readonly [name: string]: unknown }

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument extends JsonObject {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>
}

/** The operation that gives the document, for these operations and itself. */
export function documentOperation<C extends Claims>(
  parts: RouteParts<C>,
  operations: readonly Operation<C>[],
): Operation<C> {
  let document: OpenApiDocument | undefined
  const itself: Operation<C> = {
    name: 'openapi',
    method: 'GET',
    paths: [OPENAPI_PATH],
    run: async () => {
      document ??= openApiDocument([...operations, itself], {
        maxTtlSeconds: parts.tickets.maxTtlSeconds,
        validate: parts.validate,
      })
      return { ok: true, body: document, headers: { 'cache-control': 'no-cache' } }
    },
  }
  return itself
}

/** Describes operations in OpenAPI 3.1, from the schemas that validate. */
export function openApiDocument(
  operations: readonly DescribedOperation[],
  settings: { readonly maxTtlSeconds: number; readonly validate: 'public' | 'owner' },
): OpenApiDocument {
  const texts = operationTexts(settings.validate)
  const paths: Record<string, Record<string, JsonObject>> = {}
  for (const operation of operations) {
    const text = texts[operation.name]
    if (text === undefined)
      throw new TypeError(`operation ${operation.name} has no text; write one in openapi-operations.ts`)
    for (const [index, path] of operation.paths.entries()) {
      const methods = paths[path] ?? {}
      methods[operation.method.toLowerCase()] = operationObject(operation.name, text, path, index)
      paths[path] = methods
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'wsticket',
      version: CONTRACT_VERSION,
      description: INTRODUCTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The server that this document came from' }],
    tags: [
      { name: 'Tickets', description: 'Issued to the bearer of a credential, admitted once.' },
      { name: 'Sessions', description: 'What tickets opened: renewed, listed, closed, logged out.' },
      { name: 'About this server', description: 'For anyone, without secrets.' },
    ],
    paths,
    components: {
      schemas: schemasOf(settings.maxTtlSeconds),
      headers: HEADERS,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'The credential that this server accepts, usually the JWT of a login.',
        },
      },
    },
  }
}

function operationObject(name: string, text: OperationText, path: string, index: number): JsonObject {
  const { request, success, limited = false } = text
  return {
    // The same operation on an alias needs an id of its own.
    operationId: index === 0 ? name : `${name}${index + 1}`,
    summary: text.summary,
    description: text.description,
    tags: [text.tag],
    security: text.caller === 'bearer' ? [{ bearer: [] }] : [],
    ...(index === 0 ? {} : { deprecated: true }),
    ...(path.includes('{ref}') ? { parameters: [REF_PARAMETER] } : {}),
    ...(request === undefined
      ? {}
      : { requestBody: { required: false, content: json(ref('schemas', request.schema), request.example) } }),
    responses: {
      [success.status]: {
        description: success.description,
        ...(limited ? { headers: RATE_HEADERS } : {}),
        content: json(ref('schemas', success.schema)),
      },
      ...refusalResponses(text),
      ...(text.unavailable === undefined
        ? {}
        : { 503: unavailableResponse(text.unavailable, success.schema) }),
    },
  }
}

const REF_PARAMETER: JsonObject = {
  name: 'ref',
  in: 'path',
  required: true,
  description: 'The ref of a ticket or session; the ticket itself works in its place.',
  schema: { type: 'string', minLength: 1 },
}

const HEADERS: Readonly<Record<string, JsonObject>> = {
  RateLimit: {
    description: 'What is left (`r`), and the seconds (`t`) until one more is allowed.',
    schema: { type: 'string', examples: ['"user";r=59;t=0, "address";r=599;t=0'] },
  },
  'RateLimit-Policy': {
    description: 'The quota (`q`) in a window of `w` seconds, per user and per address.',
    schema: { type: 'string', examples: ['"user";q=60;w=60, "address";q=600;w=60'] },
  },
  'Retry-After': {
    description: 'Seconds after which another try makes sense.',
    schema: { type: 'integer', minimum: 1 },
  },
  'WWW-Authenticate': { description: 'Always `Bearer`.', schema: { const: 'Bearer' } },
}

const RATE_HEADERS: JsonObject = {
  RateLimit: ref('headers', 'RateLimit'),
  'RateLimit-Policy': ref('headers', 'RateLimit-Policy'),
}

function unavailableResponse(description: string, schema: string): JsonObject {
  return {
    description,
    headers: { 'Retry-After': ref('headers', 'Retry-After') },
    content: json(ref('schemas', schema)),
  }
}

function refusalResponses({ refusals, limited }: OperationText): Record<string, JsonObject> {
  const byStatus = new Map<number, RefusalCode[]>()
  for (const code of refusals) {
    // A body can also be too long, or of another type than JSON.
    const statuses = code === 'request_invalid' ? [400, 413, 415] : [REFUSALS[code].http ?? 403]
    for (const status of statuses) byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const responses: Record<string, JsonObject> = {}
  for (const [status, codes] of byStatus) {
    const headers = {
      ...(status === 401 ? { 'WWW-Authenticate': ref('headers', 'WWW-Authenticate') } : {}),
      ...(status === 401 || status === 429 || status === 503
        ? { 'Retry-After': ref('headers', 'Retry-After') }
        : {}),
      ...(status === 429 && limited === true ? RATE_HEADERS : {}),
    }
    responses[status] = {
      description: codes.map((code) => `\`${code}\`: ${REFUSALS[code].title}.`).join(' '),
      ...(Object.keys(headers).length === 0 ? {} : { headers }),
      content: { 'application/problem+json': { schema: ref('schemas', 'Problem') } },
    }
  }
  return responses
}

function json(schema: JsonObject, example?: object): JsonObject {
  return { 'application/json': { schema, ...(example === undefined ? {} : { example }) } }
}

function ref(kind: 'schemas' | 'headers', name: string): JsonObject {
  return { $ref: `#/components/${kind}/${name}` }
}

/** Every schema that has a name, by its name, from the very objects that validate. */
function schemasOf(maxTtlSeconds: number): Record<string, JsonObject> {
  const all = z.tuple([
    ticketRequestSchema(maxTtlSeconds),
    ticketResponseSchema,
    validateResponseSchema,
    revokeResponseSchema,
    renewResponseSchema,
    sessionsResponseSchema,
    closeResponseSchema,
    logoutRequestSchema,
    logoutResponseSchema,
    configResponseSchema,
    statusResponseSchema,
    healthResponseSchema,
    readyResponseSchema,
    problemSchema,
  ])
  const { $defs = {} } = z.toJSONSchema(all, {
    io: 'input',
    // The refusal code is a custom type, whose description says what it is.
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // Zod means that nobody writes into the array; OpenAPI would mean that nobody may send it.
      delete jsonSchema.readOnly
    },
  })
  const text = JSON.stringify($defs).replaceAll('#/$defs/', '#/components/schemas/')
  return { ...(JSON.parse(text) as Record<string, JsonObject>), Document: { type: 'object' } }
}
