import ipaddr from 'ipaddr.js'
import type { HeaderLines, RequestData } from './message.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Network = [Address, number]

// What is one household or host: a /24 of IPv4, a /64 of IPv6.
const PREFIX = { ipv4: 24, ipv6: 64 } as const

/** A list of networks in CIDR notation. */
export class Networks {
  readonly #networks: readonly Network[]

  /** `option` names the list in errors. */
  constructor(cidrs: readonly string[], option: string) {
    this.#networks = cidrs.map((cidr) => parseCidr(cidr, option))
  }

  has(address: string): boolean {
    const parsed = parseAddress(address)
    return (
      parsed !== undefined &&
      this.#networks.some(
        ([network, bits]) => parsed.kind() === network.kind() && parsed.match(network, bits),
      )
    )
  }
}

/**
 * The client's address: the peer's or, if that is a trusted proxy, the last one in `X-Forwarded-For` that no
 * trusted proxy has.
 */
export function clientAddress(headers: HeaderLines, peer: string, trusted: Networks): string {
  let address = normalizeAddress(peer)
  if (!trusted.has(address)) return address
  const hops = headers('x-forwarded-for')
    .join(',')
    .split(',')
    .map((hop) => hop.trim())
  for (const hop of hops.reverse()) {
    // What stands before something unreadable was written by nobody whom we trust.
    if (parseAddress(hop) === undefined) return address
    address = normalizeAddress(hop)
    if (!trusted.has(address)) return address
  }
  return address
}

/**
 * Gives what finds a client's address as wsticket does, for routes of your own: the peer's or, if that is one of the trusted
 * proxies (CIDR), the last one in `X-Forwarded-For` that none of them has. Throws a `TypeError` for what is no network.
 *
 * @example
 * const addressOf = clientAddresses(['10.0.0.0/8'])
 * addressOf({ peer: '10.0.0.7', headers: () => ['203.0.113.7'] }) // '203.0.113.7'
 */
export function clientAddresses(
  trustedProxies: readonly string[],
): (request: Pick<RequestData, 'headers' | 'peer'>) => string {
  const trusted = new Networks(trustedProxies, 'trustedProxies')
  return ({ headers, peer }) => clientAddress(headers, peer, trusted)
}

/** The network that an address lies in, such as `203.0.113.0/24`; `undefined` for what is no address. */
export function networkOf(address: string): string | undefined {
  const parsed = parseAddress(address)
  if (parsed === undefined) return undefined
  const bits = PREFIX[parsed.kind()]
  const bytes = parsed.toByteArray().map((byte, index) => byte & prefixMask(bits - index * 8))
  return `${ipaddr.fromByteArray(bytes).toString()}/${bits}`
}

/**
 * Whose limits an address counts against: itself, but of IPv6 its /64, since that is what one host can have as many
 * addresses in as it likes.
 */
export function limitKeyOf(address: string): string {
  return address.includes(':') ? (networkOf(address) ?? address) : address
}

function prefixMask(bits: number): number {
  if (bits >= 8) return 0xff
  return bits <= 0 ? 0 : (0xff << (8 - bits)) & 0xff
}

/** One spelling for each address; IPv4 in IPv6 becomes IPv4. */
function normalizeAddress(address: string): string {
  return parseAddress(address)?.toString() ?? address
}

function parseAddress(text: string): Address | undefined {
  return isAddress(text) ? ipaddr.process(text) : undefined
}

// The library takes short and octal forms of IPv4 too, which proxies and browsers read differently.
function isAddress(text: string): boolean {
  return ipaddr.IPv6.isValid(text) || ipaddr.IPv4.isValidFourPartDecimal(text)
}

function parseCidr(cidr: string, option: string): Network {
  const whole = cidr.includes('/') ? cidr : `${cidr}/${cidr.includes(':') ? 128 : 32}`
  try {
    // The library reads `10/8` as 0.0.0.10/8, and takes zones, which are names of this machine alone.
    const address = whole.slice(0, whole.indexOf('/'))
    if (!isAddress(address) || address.includes('%')) throw new TypeError('not an address')
    return ipaddr.parseCIDR(whole)
  } catch {
    throw new TypeError(
      `${option}: ${JSON.stringify(cidr)} is not a network; write it as in 10.0.0.0/8 or fd00::/8`,
    )
  }
}
