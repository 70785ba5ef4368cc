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
  unknownSku,
} from './exceptions.ts'

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

export interface PricedLine extends Line {
  name: string
  /** Minor units of the order's currency. */
  unitPrice: number
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

interface Price {
  sku: string
  name: string
  amount: number
  currency: string
  active: boolean
}

const MOST_PIECES = 1_000_000

/**
 * Prices lines as of now. Lines of one SKU become one line with the sum, at the first one's place.
 *
 * @throws Problem 422 `unknown_sku`, `not_for_sale`, `mixed_currencies`, `quantity_too_large`,
 *   `total_too_large`
 */
export async function priceLines(
  client: QueryClientContract,
  wanted: Line[]
): Promise<PricedLines> {
  const skus = [...new Set(wanted.map(({ sku }) => sku))]
  const rows = await run<Price & Record<string, unknown>>(client, findPrices, [skus])
  const prices = new Map(rows.map((row) => [row.sku, row]))

  const places = wanted.map(({ sku }, index) => ({ index, sku }))
  const unknown = places.filter(({ sku }) => !prices.has(sku))
  if (unknown.length > 0) throw unknownSku(unknown)
  const off = places.filter(({ sku }) => !prices.get(sku)!.active)
  if (off.length > 0) throw notForSale(off)
  const currencies = [...new Set(skus.map((sku) => prices.get(sku)!.currency))]
  if (currencies.length > 1) throw mixedCurrencies(currencies)

  const lines = skus.map((sku) => {
    const quantity = wanted.reduce((sum, line) => sum + (line.sku === sku ? line.quantity : 0), 0)
    if (quantity > MOST_PIECES) throw quantityTooLarge(sku)
    const { name, amount } = prices.get(sku)!
    return { sku, quantity, name, unitPrice: amount }
  })
  const total = lines.reduce(
    (sum, line) => sum + BigInt(line.quantity) * BigInt(line.unitPrice),
    0n
  )
  if (total > BigInt(Number.MAX_SAFE_INTEGER)) throw totalTooLarge()
  return { lines, currency: currencies[0] }
}
