/*
 * Customers who place, change and cancel orders, and a clerk who fulfils and restocks, all of them
 * through the API of a running app.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'

export type Act = 'placed' | 'changed' | 'cancelled' | 'fulfilled' | 'restocked'

export interface Traffic {
  /** Of the running app, without a path. */
  url: string
  /** Orders per second. */
  rate: number
  /** The token of a service account: it places for guests. */
  shop: string
  /** The token of a clerk. */
  clerk: string
  /** Aborted: nothing new begins, and what was planned for later is dropped. */
  signal: AbortSignal
  /** Told of every answer. @param status - HTTP status; 0 when the app was not reached */
  acted(act: Act, status: number): void
}

/** Of all orders; the customers of the others leave them alone. */
const CHANGED = 0.12
const CANCELLED = 0.08
/** Of those left alone. */
const FULFILLED = 0.8
/** So many orders are followed at a time. */
const MOST_FOLLOWED = 500
const CLERK_LOOKS_EVERY_MS = 5_000
const NAMES = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Donald', 'Radia', 'Leslie', 'Margaret']

/** Until the signal. @throws Error when no app answers, or nothing is for sale */
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
  const answer = await fetch(`${url}/api/v1/products?limit=100`).catch(({ cause }) => {
    throw Object.assign(cause, { message: `no app at ${url}. Start it, or say where: --url` })
  })
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: it is not the app.`)
  const { data } = (await answer.json()) as { data: { sku: string }[] }
  if (data.length === 0) throw new Error('Nothing is for sale. List products: node ace demo:seed')
  return data.map(({ sku }) => sku)
}

/** One customer's order, from its placement to the parcel, or to its end before. */
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

/** What is low or out is filled up, with one delivery for each SKU. */
async function keepShelvesFull(traffic: Traffic) {
  const { signal, clerk } = traffic
  while (!signal.aborted) {
    // In this order: what is low may be out a moment later.
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

/** One to three SKUs, the first of the catalogue most of all. */
function someLines(skus: string[]) {
  const chosen = new Set<string>()
  for (let count = between(1, 3); count > 0; count--) {
    chosen.add(skus[Math.floor(skus.length * Math.random() ** 1.7)])
  }
  return [...chosen].map((sku) => ({ sku, quantity: between(1, 3) }))
}

/** @returns what was answered; null when it was refused or the demo is over */
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
  const answer = await fetch(`${url}/api/v1/${path}`, {
    method,
    headers: {
      'Authorization': `Bearer ${token}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': randomUUID(),
      'If-Match': '*',
    },
    body: JSON.stringify(body),
  }).catch(() => null)
  acted(what, answer?.status ?? 0)
  return answer?.ok ? answer.json() : null
}

async function read({ url, clerk, signal }: Traffic, path: string): Promise<any> {
  const headers = { Authorization: `Bearer ${clerk}` }
  const answer = await fetch(`${url}/api/v1/${path}`, { headers, signal }).catch(() => null)
  return answer?.ok ? answer.json() : null
}

function pause(milliseconds: number, signal: AbortSignal) {
  return after(milliseconds, null, { signal }).catch(() => null)
}

/** Whole, both ends included. */
function between(least: number, most: number) {
  return least + Math.floor(Math.random() * (most - least + 1))
}

function one<T>(of: T[]): T {
  return of[between(0, of.length - 1)]
}
