/*
 * Loads the stored data that a batch of rows depends on.
 */
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { prices } from '#config/app'
import { run } from '#postgres/run'
import { gtinOf } from '../products/gtin.ts'
import { similarSkus } from '../products/similar_skus.ts'
import { takenBarcodes } from '../products/write_products.ts'
import { isSku } from '../stock/stock_item.ts'
import type { FileRow } from './file/read_cells.ts'
import { sameNumbers } from './file/suspect_sku.ts'
import type { KnownProduct, RowContext } from './plan_row.ts'

/**
 * Returns the context of each row, in the same order.
 *
 * @param rows - consecutive; rows before them are in the database
 * @param currency - from `usualCurrency`
 */
export async function loadRowContext(
  trx: TransactionClientContract,
  importId: string,
  rows: FileRow[],
  currency: string | null
): Promise<RowContext[]> {
  const skus = [...new Set(rows.map(({ sku }) => sku))]
  const gtins = [
    ...new Set(rows.flatMap(({ barcode }) => (barcode === null ? [] : gtinOf(barcode)))),
  ]
  const before = rows[0].row
  const [known, earlierRows, taken, earlierBarcodes] = await Promise.all([
    run<KnownProduct>(trx, findKnown, [skus]),
    run<{ sku: string; row: number }>(trx, findEarlier, [importId, skus, before]),
    takenBarcodes(trx, rows),
    gtins.length
      ? run<{ gtin: string; sku: string }>(trx, findEarlierBarcodes, [importId, gtins, before])
      : [],
  ])
  const bySku = new Map(known.map((item) => [item.sku, item]))
  const firstRows = new Map(earlierRows.map(({ sku, row }) => [sku, row]))
  // The product that has a barcode takes precedence over the first row that names it.
  const owned = new Map(earlierBarcodes.map(({ gtin, sku }) => [gtin, sku]))
  for (const [gtin, { sku }] of taken) owned.set(gtin, sku)
  const similar = await similarSkus(
    trx,
    skus.filter((sku) => !bySku.has(sku) && isSku(sku))
  )
  const numbers = await sameNumbersAs(
    trx,
    skus.filter((sku) => !bySku.has(sku))
  )
  return rows.map(({ sku, row, barcode }) => {
    const firstRow = firstRows.get(sku) ?? null
    if (firstRow === null) firstRows.set(sku, row)
    const gtin = barcode === null ? null : gtinOf(barcode)
    const barcodeOf = gtin === null ? undefined : owned.get(gtin)
    if (gtin !== null && barcodeOf === undefined) owned.set(gtin, sku)
    return {
      known: bySku.get(sku),
      firstRow,
      barcodeOf,
      similar: numbers.get(sku) ?? similar.get(sku),
      sameNumber: numbers.get(sku),
      currency,
    }
  })
}

const findKnown = {
  name: 'import_known',
  text: /* sql */ `
    select sku, name, price_amount as "priceAmount", price_currency as "priceCurrency",
      low_stock_at as "lowStockAt", active, version, on_hand as "onHand", reserved,
      (select count(*)::int from barcodes where barcodes.sku = stock_items.sku) as barcodes
    from stock_items where sku = any ($1::text[])`,
}

const findEarlier = {
  name: 'import_earlier',
  text: /* sql */ `
    select given.sku, earlier.row from unnest($2::text[]) as given(sku), lateral (
      select row from stock_import_rows as before
      where import_id = $1 and before.sku = given.sku and row < $3 order by row limit 1
    ) as earlier`,
}

/** Earlier rows with the same barcode. */
const findEarlierBarcodes = {
  name: 'import_earlier_barcodes',
  text: /* sql */ `
    select distinct on (lpad(barcode, 14, '0')) lpad(barcode, 14, '0') as gtin, sku from stock_import_rows
    where import_id = $1 and lpad(barcode, 14, '0') = any ($2::text[]) and barcode is not null and row < $3
    order by lpad(barcode, 14, '0'), row`,
}

/**
 * The currency of new prices without one: the setting, or else the currency of all products. Null if they have
 * several, or if there are no products.
 */
export async function usualCurrency(client: QueryClientContract): Promise<string | null> {
  if (prices.currency !== null) return prices.currency
  const [{ first, last }] = await client
    .from('stock_items')
    .min('price_currency as first')
    .max('price_currency as last')
  return first === last ? first : null
}

/** Finds existing SKUs that a spreadsheet shows as the same number. @returns unknown SKU → existing */
async function sameNumbersAs(client: QueryClientContract, skus: string[]) {
  const candidates = skus.flatMap((sku) => sameNumbers(sku).map((same) => [sku, same]))
  if (candidates.length === 0) return new Map<string, string>()
  const found = await run<{ sku: string; same: string }>(client, findSameNumbers, [
    candidates.map(([sku]) => sku),
    candidates.map(([, same]) => same),
  ])
  return new Map(found.map(({ sku, same }) => [sku, same]))
}

const findSameNumbers = {
  name: 'import_same_numbers',
  text: /* sql */ `
    select given.sku, same from unnest($1::text[], $2::text[]) as given(sku, same)
    where exists (select from stock_items where stock_items.sku = same) order by length(same) desc, same`,
}
