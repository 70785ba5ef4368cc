import { BlockList, isIP, isIPv4 } from 'node:net'
import env from '#start/env'
import { defineConfig } from '@adonisjs/core/http'
import { refuseBadAddress } from '#http/problem'

/** Where people and programs reach this app: mail links and problem types begin with it. No slash at the end. */
export const publicUrl = (
  env.get('PUBLIC_URL') ?? `http://${env.get('HOST')}:${env.get('PORT')}`
).replace(/\/$/, '')

const ownAddress = `http://${env.get('HOST')}:${env.get('PORT')}`

/** Where the proofs find each module: this app, unless they run apart. */
export const ordersUrl = (env.get('ORDERS_URL') ?? ownAddress).replace(/\/$/, '')
export const inventoryUrl = (env.get('INVENTORY_URL') ?? ownAddress).replace(/\/$/, '')

const here: string[] = env.get('MODULES')

/** Where the pages of a module are that runs in another process, as far as that is known. */
export const elsewhere = [
  { module: 'orders', pages: '/admin/orders', url: env.get('ORDERS_URL') && ordersUrl },
  { module: 'inventory', pages: '/admin/stock', url: env.get('INVENTORY_URL') && inventoryUrl },
].filter(({ module, url }) => url && !here.includes(module))

/** Whether stock's part of a page can be read from this process; otherwise a link leads to it. */
export const stockIsHere = here.includes('inventory')

/** Of "today", and of people who have set none of their own. */
export const timeZone = env.get('TIME_ZONE')

/** Whoever has it reads /metrics; undefined: only this machine does. */
export const metricsToken = env.get('METRICS_TOKEN')

export const dataDir = env.get('DATA_DIR')

/** Whether this web process publishes, handles, mails and sweeps too, or leaves that to workers. */
export const works = env.get('WORK') === 'on'

const proxies = new BlockList()
for (const { address, bits } of env.get('TRUSTED_PROXIES')) {
  proxies.addSubnet(address, bits, isIPv4(address) ? 'ipv4' : 'ipv6')
}

/** What a proxy says of the client's address is taken from these alone; X-Forwarded-For may hold anything. */
function isProxy(address: string) {
  return isIP(address) !== 0 && proxies.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

export const http = defineConfig({
  generateRequestId: true,
  allowMethodSpoofing: false,
  useAsyncLocalStorage: false,
  trustProxy: isProxy,
  // Longer than clients and load balancers keep a connection: whoever closes it first must not be us, or a
  // request that is on its way is lost.
  keepAliveTimeout: 65_000,
  onBadUrl: refuseBadAddress(publicUrl),
  // A comma is part of what is looked for; lists that take several values by comma say so.
  qs: { parse: { comma: false, arrayLimit: 200 } },
})
