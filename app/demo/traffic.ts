/*
 * Simulates customers who place, change and cancel orders, and a clerk who fulfils and restocks, through the API
 * of a running app.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'

export type Act = 'placed' | 'changed' | 'cancelled' | 'fulfilled' | 'restocked'

export interface Traffic {
  /** Base URL of the app. */
  url: string
  /** Orders per second. */
  rate: number
  /** Token of a service account, which places orders for guests. */
  shop: string
  /** Token of a clerk. */
  clerk: string
  /** Stops the traffic: no new orders, and no planned changes. */
  signal: AbortSignal
  /** Called for every response. @param status - HTTP status; 0 when the app was not reached */
  acted(act: Act, status: number): void
}

/** Shares of all orders. */
const CHANGED = 0.12
const CANCELLED = 0.08
/** Share of the orders that are not cancelled. */
const FULFILLED = 0.8
/** Maximum number of orders in progress. */
const MOST_FOLLOWED = 500
const CLERK_LOOKS_EVERY_MS = 5_000
const NAMES = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Donald', 'Radia', 'Leslie', 'Margaret']

/** Runs until the signal aborts. @throws Error when the app does not respond, or nothing is for sale */
export async function playTraffic(traffic: Traffic) {
  const { rate, signal } = traffic
  const skus = await skusOnSale(traffic)
  const followed = new Set<Promise<void>>()
  const clerk = keepShelvesFull(traffic)
  while (!signal.aborted) {
    if (followed.size < MOST_FOLLOWED) {
      const order = playOrder(traffic, skus).finally(() => followed.delete(order))
      followed.add(order)
    }
    await pause(1_000 / rate, signal)
  }
  await Promise.all([clerk, ...followed])
}

async function skusOnSale({ url }: Traffic): Promise<string[]> {
  const response = await fetch(`${url}/api/v1/products?limit=100`).catch(({ cause }) => {
    throw Object.assign(cause, {
      message: `no app at ${url}. Start it, or pass its base URL with --url`,
    })
  })
  if (!response.ok)
    throw new Error(`${url} responds with ${response.status}, so it is not the app. Check --url.`)
  const { data } = (await response.json()) as { data: { sku: string }[] }
  if (data.length === 0) throw new Error('Nothing is for sale. Add products: node ace demo:seed')
  return data.map(({ sku }) => sku)
}

/** One order, from placement to shipment or cancellation. */
async function playOrder(traffic: Traffic, skus: string[]) {
  const { signal, shop } = traffic
  const name = one(NAMES)
  const lines = someLines(skus)
  const email = `${name.toLowerCase()}@customers.example`
  const placed = await act(traffic, 'placed', shop, 'POST', 'orders', { lines, email, name })
  if (!placed) return
  const fate = Math.random()
  const order = `orders/${placed.id}`
  if (fate < CHANGED) {
    await pause(between(2_000, 6_000), signal)
    await act(traffic, 'changed', shop, 'PATCH', order, { lines: someLines(skus) })
  } else if (fate < CHANGED + CANCELLED) {
    await pause(between(3_000, 10_000), signal)
    await act(traffic, 'cancelled', shop, 'POST', `${order}/cancellation`, { reason: 'Not needed' })
    return
  }
  if (Math.random() > FULFILLED) return
  await pause(between(8_000, 30_000), signal)
  await pack(traffic, order)
}

async function pack(traffic: Traffic, order: string) {
  const { clerk } = traffic
  const { status, heldRevision: revision } = (await read(traffic, order)) ?? {}
  if (status !== 'confirmed') return
  const parcel = { revision, carrier: 'DHL', trackingNumber: `JD${between(1e9, 9e9)}` }
  await act(traffic, 'fulfilled', clerk, 'POST', `${order}/fulfilment`, parcel)
}

/** Restocks SKUs that are low or out of stock. */
async function keepShelvesFull(traffic: Traffic) {
  const { signal, clerk } = traffic
  while (!signal.aborted) {
    // In this order, because a low SKU may be out of stock a moment later.
    for (const level of ['low', 'out']) {
      const page = await read(traffic, `stock?level=${level}&limit=10`)
      for (const { sku } of page?.data ?? []) {
        const delivery = { quantity: between(20, 80), reference: `PO-${between(1_000, 9_999)}` }
        await act(traffic, 'restocked', clerk, 'POST', `stock/${sku}/restocks`, delivery)
      }
    }
    await pause(CLERK_LOOKS_EVERY_MS, signal)
  }
}

/** One to three SKUs, mostly from the beginning of the catalogue. */
function someLines(skus: string[]) {
  const chosen = new Set<string>()
  for (let count = between(1, 3); count > 0; count--) {
    chosen.add(skus[Math.floor(skus.length * Math.random() ** 1.7)])
  }
  return [...chosen].map((sku) => ({ sku, quantity: between(1, 3) }))
}

/** @returns the response body; null when the request was rejected or the demo has ended */
async function act(
  traffic: Traffic,
  what: Act,
  token: string,
  method: string,
  path: string,
  body: object
): Promise<any> {
  const { url, signal, acted } = traffic
  if (signal.aborted) return null
  const response = await fetch(`${url}/api/v1/${path}`, {
    method,
    headers: {
      'Authorization': `Bearer ${token}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': randomUUID(),
      'If-Match': '*',
    },
    body: JSON.stringify(body),
  }).catch(() => null)
  acted(what, response?.status ?? 0)
  return response?.ok ? response.json() : null
}

async function read({ url, clerk, signal }: Traffic, path: string): Promise<any> {
  const headers = { Authorization: `Bearer ${clerk}` }
  const response = await fetch(`${url}/api/v1/${path}`, { headers, signal }).catch(() => null)
  return response?.ok ? response.json() : null
}

function pause(milliseconds: number, signal: AbortSignal) {
  return after(milliseconds, null, { signal }).catch(() => null)
}

/** A random integer, bounds included. */
function between(least: number, most: number) {
  return least + Math.floor(Math.random() * (most - least + 1))
}

function one<T>(of: T[]): T {
  return of[between(0, of.length - 1)]
}
