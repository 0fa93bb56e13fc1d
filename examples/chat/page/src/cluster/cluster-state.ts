import { isNumber, isObject, isString } from '../wire/guards.js'

export type NodeCondition = 'starting' | 'up' | 'draining' | 'down'

/** A node of the chat, a process. */
export interface NodeView {
  readonly name: string
  readonly state: NodeCondition
  readonly pid?: number
  /** That the balancer has to it. */
  readonly connections: number
  /** When it is started again, in Unix seconds. */
  readonly returns_at?: number
}

/** A Redis process, as its cluster sees it. */
export interface RedisView {
  readonly name: string
  readonly role: 'master' | 'replica'
  readonly up: boolean
  readonly pid?: number
  /** Ranges of slots that it keeps, both ends included. */
  readonly slots: readonly (readonly [number, number])[]
  /** The master that it is a replica of. */
  readonly of?: string
}

/** Something that happened to a part of the cluster. */
export interface ClusterHappening {
  /** Counts from 1. */
  readonly id: number
  /** A newer server may know more kinds than this page does. */
  readonly kind: string
  readonly name: string
  /** The part whose place this one takes, or to which it belongs. */
  readonly other?: string
  /** How long it took. */
  readonly ms?: number
}

/** The answer to `GET /cluster/state`. */
export interface ClusterState {
  /** The server's clock, in Unix seconds. */
  readonly now: number
  readonly nodes: readonly NodeView[]
  readonly redis: readonly RedisView[]
  /** The oldest first. */
  readonly happenings: readonly ClusterHappening[]
}

export type ClusterAction = 'kill-node' | 'drain-node' | 'fail-over'

/** What a person asks for. */
export interface ClusterOrder {
  readonly action: ClusterAction
  readonly target: string
}

const CONDITIONS: ReadonlySet<unknown> = new Set<NodeCondition>(['starting', 'up', 'draining', 'down'])

export function isClusterState(value: unknown): value is ClusterState {
  return (
    isObject(value) &&
    isNumber(value.now) &&
    isListOf(value.nodes, isNode) &&
    isListOf(value.redis, isRedis) &&
    isListOf(value.happenings, isHappening)
  )
}

function isNode(value: unknown): value is NodeView {
  return (
    isObject(value) &&
    isString(value.name) &&
    CONDITIONS.has(value.state) &&
    isOptional(value.pid, isNumber) &&
    isNumber(value.connections) &&
    isOptional(value.returns_at, isNumber)
  )
}

function isRedis(value: unknown): value is RedisView {
  return (
    isObject(value) &&
    isString(value.name) &&
    (value.role === 'master' || value.role === 'replica') &&
    typeof value.up === 'boolean' &&
    isOptional(value.pid, isNumber) &&
    isListOf(value.slots, isRange) &&
    isOptional(value.of, isString)
  )
}

function isHappening(value: unknown): value is ClusterHappening {
  return (
    isObject(value) &&
    isNumber(value.id) &&
    isString(value.kind) &&
    isString(value.name) &&
    isOptional(value.other, isString) &&
    isOptional(value.ms, isNumber)
  )
}

function isRange(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every(isNumber)
}

function isListOf<T>(value: unknown, is: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.every(is)
}

function isOptional(value: unknown, is: (item: unknown) => boolean): boolean {
  return value === undefined || is(value)
}
