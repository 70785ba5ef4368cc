/*
 * Compares the stock that orders and inventory hold for each order, over HTTP, because they may run in different
 * processes. Orders are listed newest first, holdings by ascending order id: reading a range of orders and then its
 * holdings keeps memory bounded.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Unreachable } from '#console/exit_codes'
import { cursorAfter } from '#http/pagination'

export interface Disagreement {
  orderId: string
  /** The status in orders; null when orders does not know the order. */
  status: string | null
  ordersSays: Held
  inventorySays: Held
}

export interface Held {
  heldRevision: number | null
  lines: { sku: string; quantity: number }[]
}

export interface Apps {
  /** Base URLs without a trailing slash. */
  ordersUrl: string
  inventoryUrl: string
  /** Returns a valid token; called before each request, because a comparison may outlive a token. */
  token(): Promise<string>
  /** Called with the number of compared orders. */
  onProgress?: (compared: number) => void
  /** Orders in memory. */
  range?: number
}

/** A difference counts if it is still the same after this time: a message may be in transit. */
const CONFIRM_AFTER_MS = 2_000
/** Time limit of a request. */
const TIMEOUT_MS = 30_000
const PAGE = 200
const NOTHING: Held = { heldRevision: null, lines: [] }

/**
 * Compares every order that does not wait for a reply with the stock that inventory holds for it.
 *
 * @throws Unreachable without a usable response within 30 s
 */
export async function reconcileOperations(apps: Apps) {
  const first = await compare(apps)
  if (first.disagreements.length === 0) return first
  await sleep(CONFIRM_AFTER_MS)
  const second = await compare(apps)
  const before = new Set(first.disagreements.map((one) => JSON.stringify(one)))
  return {
    compared: second.compared,
    disagreements: second.disagreements.filter((one) => before.has(JSON.stringify(one))),
  }
}

interface ListedOrder {
  id: string
  status: string
  heldRevision: number | null
  lines: { sku: string; quantity: number }[]
}

async function compare({ range: size = 10 * PAGE, ...apps }: Apps) {
  const disagreements: Disagreement[] = []
  let compared = 0
  /** Order ids from this one on have been compared. */
  let end: string | null = null
  let range = new Map<string, ListedOrder>()
  const compareRange = async (from: string | null) => {
    for await (const orders of pages<Held & { orderId: string }>(
      apps,
      `${apps.inventoryUrl}/api/v1/stock/holdings`,
      from && cursorAfter([idBefore(from)])
    )) {
      const inRange = orders.filter(({ orderId }) => end === null || orderId < end)
      for (const { orderId, ...held } of inRange) {
        compareOrder(orderId, range.get(orderId) ?? null, heldOf(held))
        range.delete(orderId)
      }
      if (inRange.length < orders.length) break
    }
    for (const order of range.values()) compareOrder(order.id, order, NOTHING)
    range = new Map()
    end = from
  }
  const compareOrder = (orderId: string, order: ListedOrder | null, inventorySays: Held) => {
    // Pending and updating orders wait for a reply.
    if (order?.status === 'pending' || order?.status === 'updating') return
    if (order) compared++
    const ordersSays = order?.status === 'confirmed' ? heldOf(order) : NOTHING
    if (JSON.stringify(ordersSays) === JSON.stringify(inventorySays)) return
    disagreements.push({ orderId, status: order?.status ?? null, ordersSays, inventorySays })
  }
  for await (const orders of pages<ListedOrder>(apps, `${apps.ordersUrl}/api/v1/orders`)) {
    for (const order of orders) {
      range.set(order.id, order)
      if (range.size >= size) await compareRange(order.id)
    }
    apps.onProgress?.(compared)
  }
  await compareRange(null)
  return { compared, disagreements }
}

/** An order has a line for each price of an SKU; inventory holds their sum. */
function heldOf({ heldRevision, lines }: Held): Held {
  const sums = new Map<string, number>()
  for (const { sku, quantity } of lines) sums.set(sku, (sums.get(sku) ?? 0) + quantity)
  const perSku = [...sums].map(([sku, quantity]) => ({ sku, quantity }))
  return { heldRevision, lines: perSku.sort((a, b) => (a.sku < b.sku ? -1 : 1)) }
}

function idBefore(uuid: string): string {
  const hex = (BigInt(`0x${uuid.replaceAll('-', '')}`) - 1n).toString(16).padStart(32, '0')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

async function* pages<Row>(
  apps: Apps,
  url: string,
  cursor: string | null = null
): AsyncGenerator<Row[]> {
  do {
    const query = `?limit=${PAGE}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`
    const page: { data: Row[]; next: string | null } = await get(url + query, await apps.token())
    yield page.data
    cursor = page.next
  } while (cursor !== null)
}

async function get(url: string, token: string) {
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (response.ok) return (await response.json()) as never
    throw new Error(`status ${response.status}`)
  } catch (error) {
    const { cause, message } = error as Error & { cause?: Error }
    throw new Unreachable(`No usable response from ${url}: ${cause?.message ?? message}`)
  }
}
