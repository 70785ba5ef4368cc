/*
 * Do orders and inventory agree on what each order holds? Both are asked over HTTP, so that the proof
 * is the same when they run apart.
 */
import { setTimeout as sleep } from 'node:timers/promises'

export interface Disagreement {
  orderId: string
  /** As orders has it; null when orders does not know the order. */
  status: string | null
  ordersSays: Held
  inventorySays: Held
}

export interface Held {
  heldRevision: number | null
  lines: { sku: string; quantity: number }[]
}

export interface Apps {
  /** Addresses without a slash at the end. */
  ordersUrl: string
  inventoryUrl: string
  token: string
  /** Told how many orders were compared, now and then. */
  turn?: (compared: number) => void
}

/** A message may be between the two: a difference counts only if it still stands this much later. */
const LATER_MS = 2_000
const PAGE = 200
const NOTHING: Held = { heldRevision: null, lines: [] }

/**
 * Compares every order at rest with what inventory holds for it.
 *
 * @throws AppAway when one of them does not answer as it should
 */
export async function reconcileOperations(apps: Apps) {
  const first = await compare(apps)
  if (first.disagreements.length === 0) return first
  await sleep(LATER_MS)
  const second = await compare(apps)
  const before = new Set(first.disagreements.map(same))
  return {
    compared: second.compared,
    disagreements: second.disagreements.filter((one) => before.has(same(one))),
  }
}

export class AppAway extends Error {
  name = 'AppAway'
}

interface OrderListed {
  id: string
  status: string
  heldRevision: number | null
  lines: { sku: string; quantity: number }[]
}

/** One reading of both. */
async function compare(apps: Apps) {
  const holdings = await readHoldings(apps)
  const disagreements: Disagreement[] = []
  const known = new Set<string>()
  let compared = 0
  for await (const order of pages<OrderListed>(apps.ordersUrl, '/api/v1/orders', apps.token)) {
    known.add(order.id)
    // Pending and updating orders are in motion: an answer is on its way.
    if (order.status === 'pending' || order.status === 'updating') continue
    if (++compared % PAGE === 0) apps.turn?.(compared)
    const ordersSays = order.status === 'confirmed' ? heldOf(order) : NOTHING
    const inventorySays = holdings.get(order.id) ?? NOTHING
    if (text(ordersSays) === text(inventorySays)) continue
    disagreements.push({ orderId: order.id, status: order.status, ordersSays, inventorySays })
  }
  for (const [orderId, inventorySays] of holdings) {
    if (known.has(orderId)) continue
    disagreements.push({ orderId, status: null, ordersSays: NOTHING, inventorySays })
  }
  return { compared, disagreements }
}

async function readHoldings({ inventoryUrl, token }: Apps) {
  const holdings = new Map<string, Held>()
  const all = pages<Held & { orderId: string }>(inventoryUrl, '/api/v1/stock/holdings', token)
  for await (const { orderId, heldRevision, lines } of all)
    holdings.set(orderId, heldOf({ heldRevision, lines }))
  return holdings
}

function heldOf({ heldRevision, lines }: Held): Held {
  const sorted = lines.map(({ sku, quantity }) => ({ sku, quantity }))
  return { heldRevision, lines: sorted.sort((a, b) => (a.sku < b.sku ? -1 : 1)) }
}

async function* pages<Row>(base: string, path: string, token: string): AsyncGenerator<Row> {
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: { data: Row[]; next: string | null } = await get(
      `${base}${path}?limit=${PAGE}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      token
    )
    yield* page.data
    cursor = page.next
  }
}

async function get(url: string, token: string) {
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(30_000),
  }).catch((error) => {
    throw new AppAway(`${url} does not answer: ${error.cause?.message ?? error.message}`)
  })
  if (!response.ok) throw new AppAway(`${url} answers ${response.status}`)
  return response.json() as Promise<never>
}

function same(one: Disagreement) {
  return JSON.stringify(one)
}

function text(held: Held) {
  return JSON.stringify(held)
}
