/*
 * The price list: a copy of the products that inventory publishes.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { Line } from '#contracts/messages/fields'
import type { productChanged } from '#contracts/messages/inventory'
import type { BatchHandler } from '#messaging/inbox/subscription'
import type { DataOf } from '#messaging/message/message'
import { run } from '#postgres/run'
import {
  mixedCurrencies,
  notForSale,
  quantityTooLarge,
  totalTooLarge,
  unitPricesDiffer,
  unknownSku,
} from './exceptions.ts'
import { columnsOf } from '../store/columns_of.ts'
import type { PricedLine } from '../store/order.ts'
import { linesFor, perSku, unitsOf } from '../order_lines.ts'

type Product = DataOf<typeof productChanged>

// Of several messages about one product, the highest version wins; a stored version never goes back.
const applyProducts = {
  name: 'price_list_apply',
  text: /* sql */ `
    insert into price_list (sku, name, price_amount, price_currency, active, version)
    select distinct on (sku) * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bool[], $6::int[])
      as product(sku, name, price_amount, price_currency, active, version)
    order by sku, version desc
    on conflict (sku) do update set
      name = excluded.name, price_amount = excluded.price_amount, price_currency = excluded.price_currency,
      active = excluded.active, version = excluded.version
    where price_list.version <= excluded.version`,
}

/** Stores the published products; an older version than the stored one has no effect. */
export const priceListUpdates: BatchHandler<Product> = {
  reads: () => [],
  decide(messages) {
    const products = messages.map(({ data }) => ({ ...data, ...data.price }))
    const names = ['sku', 'name', 'amount', 'currency', 'active', 'version'] as const
    return { writes: [[applyProducts, columnsOf(products, names)]], messages: [] }
  },
}

export interface PricedLines {
  lines: PricedLine[]
  currency: string
}

const findStatement = {
  name: 'price_list_find',
  text: /* sql */ `
    select sku, name, price_amount::float8 as amount, price_currency as currency, active
    from price_list where sku = any ($1::text[])`,
}

export interface Price extends Record<string, unknown> {
  sku: string
  name: string
  amount: number
  currency: string
  active: boolean
}

/** The current prices of these SKUs; unknown ones are left out. */
export function findPrices(client: QueryClientContract, skus: string[]): Promise<Price[]> {
  return run<Price>(client, findStatement, [skus])
}

const MAX_UNITS = 1_000_000

/** A requested line. Only services set `unitPrice`; the default is the current price. */
export interface WantedLine extends Line {
  unitPrice?: { amount: number; currency: string }
}

/**
 * Prices lines at current prices. Lines of one SKU count as one line with the sum. Units that an order has
 * already keep their price, even if the product is no longer for sale. A `unitPrice` applies to all units of
 * the SKU.
 *
 * @param find - `findPrices`, or the same for several orders
 * @param kept - the current lines of the order; null for a new order
 * @throws Problem 422 `unknown_sku`, `not_for_sale`, `unit_prices_differ`, `mixed_currencies`,
 *   `quantity_too_large`, `total_too_large`
 */
export async function priceLines(
  find: (skus: string[]) => Promise<Price[]>,
  wanted: WantedLine[],
  kept: PricedLines | null = null
): Promise<PricedLines> {
  const indexed = wanted.map((line, index) => ({ ...line, index }))
  const items = perSku(wanted).map((item) => wantedItem(item, indexed, kept?.lines ?? []))
  const prices = await pricesOf(
    find,
    items.filter(({ grows, kept: has, unitPrice }) => (unitPrice ? has.length === 0 : grows))
  )
  for (const { unitPrice, quantity, requested } of items) {
    if (requested.some((line) => !sameMoney(line.unitPrice, unitPrice))) {
      throw unitPricesDiffer(requested)
    }
    if (quantity > MAX_UNITS) throw quantityTooLarge(requested)
  }
  const currency = kept?.currency ?? currencyOf(items[0], prices)!
  const foreign = items.filter((item) => (currencyOf(item, prices) ?? currency) !== currency)
  if (foreign.length > 0) {
    const others = new Set(foreign.map((item) => currencyOf(item, prices)!))
    throw mixedCurrencies(
      [currency, ...others],
      foreign.flatMap((item) => item.requested)
    )
  }
  const lines = items.flatMap((item) => linesOf(item, prices.get(item.sku)))
  const total = lines.reduce(
    (sum, line) => sum + BigInt(line.quantity) * BigInt(line.unitPrice),
    0n
  )
  if (total > BigInt(Number.MAX_SAFE_INTEGER)) throw totalTooLarge()
  return { lines, currency }
}

type IndexedLine = WantedLine & { index: number }

/** All requested lines of one SKU. */
interface WantedItem extends WantedLine {
  requested: IndexedLine[]
  /** The order's lines of the SKU; empty if it is new. */
  kept: PricedLine[]
  /** Whether the request has more units than the order. */
  grows: boolean
}

function wantedItem({ sku, quantity }: Line, all: IndexedLine[], lines: PricedLine[]): WantedItem {
  const requested = all.filter((line) => line.sku === sku)
  const kept = lines.filter((line) => line.sku === sku)
  const grows = quantity > unitsOf(kept, sku)
  return { sku, quantity, unitPrice: requested[0].unitPrice, requested, kept, grows }
}

/** Current prices, by SKU. @throws Problem 422 `unknown_sku`, `not_for_sale` */
async function pricesOf(find: (skus: string[]) => Promise<Price[]>, items: WantedItem[]) {
  const skus = items.map(({ sku }) => sku)
  const rows = skus.length > 0 ? await find(skus) : []
  const prices = new Map(rows.map((row) => [row.sku, row]))
  const linesAsking = (some: WantedItem[]) =>
    some.flatMap((item) => item.requested).sort((a, b) => a.index - b.index)
  const unknown = items.filter(({ sku }) => !prices.has(sku))
  if (unknown.length > 0) throw unknownSku(linesAsking(unknown))
  const off = items.filter(({ sku }) => !prices.get(sku)!.active)
  if (off.length > 0) throw notForSale(linesAsking(off))
  return prices
}

/** The currency of the units priced now; undefined if all units keep their price. */
function currencyOf({ sku, unitPrice }: WantedItem, prices: Map<string, Price>) {
  return unitPrice?.currency ?? prices.get(sku)?.currency
}

function linesOf({ sku, quantity, unitPrice, kept }: WantedItem, price?: Price): PricedLine[] {
  if (!unitPrice) {
    return linesFor(sku, kept, quantity, price && { name: price.name, unitPrice: price.amount })
  }
  return [{ sku, quantity, name: (kept[0] ?? price!).name, unitPrice: unitPrice.amount }]
}

function sameMoney(one: WantedLine['unitPrice'], other: WantedLine['unitPrice']) {
  return one?.amount === other?.amount && one?.currency === other?.currency
}
