import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

/** Tells whether a text is an address or a network in CIDR notation, such as `10.0.0.0/8` or `::1`. */
export function isNetwork(text: string): boolean {
  return parseNetwork(text) !== undefined
}

/**
 * Gives what finds the address of a client: the socket's peer or, if that is a trusted proxy, the last one in
 * `X-Forwarded-For` that no trusted proxy has. Whoever is in front of those may have written the rest.
 */
export function clientAddresses(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  const trusted = new BlockList()
  for (const network of trustedProxies) {
    const parsed = parseNetwork(network)
    if (parsed !== undefined) trusted.addSubnet(parsed.address, parsed.bits, parsed.family)
  }
  return (request) => {
    let address = plainAddress(request.socket.remoteAddress ?? '') ?? 'unknown'
    const hops = (request.headersDistinct['x-forwarded-for'] ?? []).join(',').split(',').reverse()
    for (const hop of hops) {
      if (!isTrusted(trusted, address)) return address
      const next = plainAddress(hop.trim())
      if (next === undefined) return address
      address = next
    }
    return address
  }
}

function isTrusted(trusted: BlockList, address: string): boolean {
  const version = isIP(address)
  return version !== 0 && trusted.check(address, version === 4 ? 'ipv4' : 'ipv6')
}

/** IPv4 in IPv6 becomes IPv4; what is no address is `undefined`. */
function plainAddress(text: string): string | undefined {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1] ?? text
  return isIP(mapped) === 0 ? undefined : mapped
}

function parseNetwork(
  text: string,
): { readonly address: string; readonly bits: number; readonly family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', digits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0 || address.includes('%')) return undefined
  const most = version === 4 ? 32 : 128
  const bits = digits === undefined ? most : Number(digits)
  if (!/^\d{1,3}$/.test(digits ?? '0') || bits > most) return undefined
  return { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' }
}
