import { isIPv6 } from 'node:net'

/**
 * The unit of limits per address: the IPv4 address, or the /64 network of an IPv6 address, because one client can
 * choose any address in its /64.
 *
 * @param address - of the client, as `request.ip()` returns it
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)
  if (mapped) return mapped[1]
  if (!isIPv6(address)) return address
  const [head, tail = []] = address.split('::').map((part) => part.split(':').filter(Boolean))
  const zeros = Array<string>(8 - head.length - tail.length).fill('0')
  const network = [...head, ...zeros, ...tail].slice(0, 4)
  return network.map((group) => Number.parseInt(group, 16).toString(16)).join(':')
}
