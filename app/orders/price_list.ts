/*
 * The price list: orders' own copy of what inventory publishes about products.
 */
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Line } from '#contracts/fields'
import type { productChanged } from '#contracts/inventory'
import type { DataOf, Message } from '#messaging/message'
import { run } from '#messaging/sql'
import {
  mixedCurrencies,
  notForSale,
  quantityTooLarge,
  totalTooLarge,
  unitPricesDiffer,
  unknownSku,
} from './exceptions.ts'
import type { PricedLine } from './models/order.ts'

type Product = DataOf<typeof productChanged>

// Of one product's messages in a batch the highest version counts; a row never goes back.
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

/** Takes over what inventory says of its products; an older version changes nothing. */
export async function applyPrices(messages: Message<Product>[], trx: TransactionClientContract) {
  const products = messages.map(({ data }) => data)
  await run(trx, applyProducts, [
    products.map(({ sku }) => sku),
    products.map(({ name }) => name),
    products.map(({ price }) => price.amount),
    products.map(({ price }) => price.currency),
    products.map(({ active }) => active),
    products.map(({ version }) => version),
  ])
}

export interface PricedLines {
  lines: PricedLine[]
  currency: string
}

const findPrices = {
  name: 'price_list_find',
  text: /* sql */ `
    select sku, name, price_amount::float8 as amount, price_currency as currency, active
    from price_list where sku = any ($1::text[])`,
}

interface Price extends Record<string, unknown> {
  sku: string
  name: string
  amount: number
  currency: string
  active: boolean
}

const MOST_PIECES = 1_000_000

/** A line as it is asked for. `unitPrice` is a service's own; the catalogue's counts without it. */
export interface WantedLine extends Line {
  unitPrice?: { amount: number; currency: string }
}

/**
 * Prices lines as of now. Lines of one SKU become one line with the sum, at the first one's place.
 *
 * @param kept - lines that the order has already: their SKUs keep name and price, on sale or not
 * @throws Problem 422 `unknown_sku`, `not_for_sale`, `unit_prices_differ`, `mixed_currencies`,
 *   `quantity_too_large`, `total_too_large`
 */
export async function priceLines(
  client: QueryClientContract,
  wanted: WantedLine[],
  kept?: PricedLines
): Promise<PricedLines> {
  const skus = [...new Set(wanted.map(({ sku }) => sku))]
  const prices = new Map(kept?.lines.map((line) => [line.sku, keptPrice(line, kept.currency)]))
  const fresh = skus.filter((sku) => !prices.has(sku))
  if (fresh.length > 0) {
    for (const row of await run<Price>(client, findPrices, [fresh])) prices.set(row.sku, row)
  }
  const places = wanted.map((line, index) => ({ ...line, index }))
  const unknown = places.filter(({ sku }) => !prices.has(sku))
  if (unknown.length > 0) throw unknownSku(unknown)
  const off = places.filter(({ sku }) => !prices.get(sku)!.active)
  if (off.length > 0) throw notForSale(off)

  const lines = skus.map((sku) => {
    return sumOf(
      places.filter((line) => line.sku === sku),
      prices.get(sku)!
    )
  })
  const currency = kept?.currency ?? lines[0].currency
  const foreign = lines.filter((line) => line.currency !== currency)
  if (foreign.length > 0) {
    const currencies = [currency, ...new Set(foreign.map((line) => line.currency))]
    throw mixedCurrencies(
      currencies,
      places.filter(({ sku }) => foreign.some((line) => line.sku === sku))
    )
  }
  const total = lines.reduce(
    (sum, line) => sum + BigInt(line.quantity) * BigInt(line.unitPrice),
    0n
  )
  if (total > BigInt(Number.MAX_SAFE_INTEGER)) throw totalTooLarge()
  return { lines: lines.map(({ currency: _, ...line }) => line), currency }
}

function keptPrice({ sku, name, unitPrice }: PricedLine, currency: string): Price {
  return { sku, name, amount: unitPrice, currency, active: true }
}

/** The lines of one SKU as one. */
function sumOf(wanted: (WantedLine & { index: number })[], price: Price) {
  const [{ sku, unitPrice }] = wanted
  const indexes = wanted.map(({ index }) => index)
  if (wanted.some((line) => !sameMoney(line.unitPrice, unitPrice))) {
    throw unitPricesDiffer(sku, indexes)
  }
  const quantity = wanted.reduce((sum, line) => sum + line.quantity, 0)
  if (quantity > MOST_PIECES) throw quantityTooLarge(sku, indexes)
  const { amount, currency } = unitPrice ?? price
  return { sku, quantity, name: price.name, unitPrice: amount, currency }
}

function sameMoney(one: WantedLine['unitPrice'], other: WantedLine['unitPrice']) {
  return one?.amount === other?.amount && one?.currency === other?.currency
}
