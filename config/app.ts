import { BlockList, isIP, isIPv4 } from 'node:net'
import env from '#start/env'
import { defineConfig } from '@adonisjs/core/http'

/** Public base URL of this app, for mail links and problem types; without a trailing slash. */
export const publicUrl = (
  env.get('PUBLIC_URL') ?? `http://${env.get('HOST')}:${env.get('PORT')}`
).replace(/\/$/, '')

const ownAddress = `http://${env.get('HOST')}:${env.get('PORT')}`

/** Base URL of each module: this app, unless it runs elsewhere. */
export const ordersUrl = (env.get('ORDERS_URL') ?? ownAddress).replace(/\/$/, '')
export const inventoryUrl = (env.get('INVENTORY_URL') ?? ownAddress).replace(/\/$/, '')

const here: string[] = env.get('MODULES')

/** Pages of modules that run in other processes, if their URL is set. */
export const elsewhere = [
  { module: 'orders', pages: '/admin/orders', url: env.get('ORDERS_URL') && ordersUrl },
  { module: 'inventory', pages: '/admin/stock', url: env.get('INVENTORY_URL') && inventoryUrl },
].filter(({ module, url }) => url && !here.includes(module))

/** Whether this process can show stock data on its pages. Otherwise they link to it. */
export const stockIsHere = here.includes('inventory')

/** Time zone of the shop, and of people who have not chosen one. */
export const timeZone = env.get('TIME_ZONE')

export const prices = {
  /** The currency of new prices without one; null for the one that all products share. */
  currency: env.get('SHOP_CURRENCY') ?? null,
}

/** Milliseconds that the rows of an import are kept after its end; for as long, the import can be undone. */
export const importRetention = env.get('IMPORT_RETENTION')

/** Bearer token for /metrics. Undefined: only this machine can read them. */
export const metricsToken = env.get('METRICS_TOKEN')

export const dataDir = env.get('DATA_DIR')

/** Whether this web process also runs the workers. */
export const runsWorkers = env.get('WORK') === 'on'

const proxies = new BlockList()
for (const { address, bits } of env.get('TRUSTED_PROXIES')) {
  proxies.addSubnet(address, bits, isIPv4(address) ? 'ipv4' : 'ipv6')
}

/** Whether X-Forwarded-* headers of this peer are trusted. */
export function isTrustedProxy(address: string) {
  return isIP(address) !== 0 && proxies.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

export const http = defineConfig({
  generateRequestId: true,
  allowMethodSpoofing: false,
  useAsyncLocalStorage: false,
  // The default also accepts cycles and bigints, which no response contains, and takes ten times as long.
  serializeJSON: JSON.stringify,
  trustProxy: isTrustedProxy,
  // Longer than clients and load balancers keep a connection open: if this side closed it first, a request
  // in transit would be lost.
  keepAliveTimeout: 65_000,
  // Search terms may contain commas. Parameters with comma-separated values split them themselves.
  qs: { parse: { comma: false, arrayLimit: 200 } },
})
