/*
 * What bears on some rows of a file, read for all of them at once.
 */
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { run } from '#messaging/sql'
import type { Facts, Known } from './judge_row.ts'
import type { SaidRow } from './read_cells.ts'

/**
 * One for each of the rows, in their order.
 *
 * @param currency - that all products share, as `sharedCurrency` says it
 */
export async function factsAbout(
  trx: TransactionClientContract,
  importId: string,
  rows: SaidRow[],
  currency: string | null
): Promise<Facts[]> {
  const skus = [...new Set(rows.map(({ sku }) => sku))]
  const barcodes = [...new Set(rows.flatMap(({ barcode }) => barcode ?? []))]
  const before = rows[0].row
  const [known, earlier, owners, sharers] = await Promise.all([
    run<Known & Record<string, unknown>>(trx, findKnown, [skus]),
    run<{ sku: string; row: number }>(trx, findEarlier, [importId, skus, before]),
    barcodes.length ? run<{ barcode: string; sku: string }>(trx, findOwners, [barcodes]) : [],
    barcodes.length
      ? run<{ barcode: string; sku: string }>(trx, findSharers, [importId, barcodes, before])
      : [],
  ])
  const bySku = new Map(known.map((item) => [item.sku, item]))
  const firstRows = new Map(earlier.map(({ sku, row }) => [sku, row]))
  // Who has a barcode comes before who has asked for it first.
  const owned = new Map([...sharers, ...owners].map(({ barcode, sku }) => [barcode, sku]))
  const similar = await similarTo(
    trx,
    skus.filter((sku) => !bySku.has(sku) && isSku(sku))
  )
  return rows.map((said) => {
    const firstRow = firstRows.get(said.sku) ?? null
    if (firstRow === null) firstRows.set(said.sku, said.row)
    const barcodeOf = said.barcode === null ? undefined : owned.get(said.barcode)
    if (said.barcode !== null && barcodeOf === undefined) owned.set(said.barcode, said.sku)
    return {
      known: bySku.get(said.sku),
      firstRow,
      barcodeOf,
      similar: similar.get(said.sku),
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
      select row from stock_import_rows as said
      where import_id = $1 and said.sku = given.sku and row < $3 order by row limit 1
    ) as earlier`,
}

const findOwners = {
  name: 'import_owners',
  text: 'select barcode, sku from barcodes where barcode = any ($1::text[])',
}

/** Rows before these that have given the same barcode to a SKU. */
const findSharers = {
  name: 'import_sharers',
  text: /* sql */ `
    select distinct on (barcode) barcode, sku from stock_import_rows
    where import_id = $1 and barcode = any ($2::text[]) and row < $3 order by barcode, row`,
}

/** The currency of all products; null where there are several, or no products. */
export async function sharedCurrency(client: QueryClientContract): Promise<string | null> {
  const [{ first, last }] = await client
    .from('stock_items')
    .min('price_currency as first')
    .max('price_currency as last')
  return first === last ? first : null
}

function isSku(text: string) {
  return /^[A-Z0-9][A-Z0-9._-]{0,63}$/.test(text)
}

const findNeighbours = {
  name: 'import_neighbours',
  text: /* sql */ `
    select meant.sku as meant, near.sku as near from unnest($1::text[]) as meant(sku), lateral (
      (select sku from stock_items where sku > meant.sku order by sku limit 1)
      union all (select sku from stock_items where sku < meant.sku order by sku desc limit 1)
    ) as near`,
}

/** Of the SKUs beside each, one that differs by its end alone. */
export async function similarTo(client: QueryClientContract, skus: string[]) {
  if (skus.length === 0) return new Map<string, string>()
  const found = await run<{ meant: string; near: string }>(client, findNeighbours, [skus])
  return new Map(found.filter(isAlike).map(({ meant, near }) => [meant, near]))
}

function isAlike({ meant, near }: { meant: string; near: string }) {
  let same = 0
  while (same < meant.length && meant[same] === near[same]) same++
  return same >= 4 && Math.max(meant.length, near.length) - same <= 2
}
