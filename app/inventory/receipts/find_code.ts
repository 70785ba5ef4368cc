import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { run } from '#postgres/run'
import { gtinOf, isBarcode } from '../products/gtin.ts'

const findCodes = {
  name: 'receipt_codes',
  text: /* sql */ `
    select given.code, coalesce(
        (select sku from stock_items where sku = given.sku),
        (select sku from barcodes where gtin = given.gtin)
      ) as sku
    from unnest($1::text[], $2::text[], $3::text[]) as given(code, sku, gtin)`,
}

/** Finds products by SKU, in any case, or by barcode, in any of its forms. @returns code → SKU */
export async function findSkus(client: QueryClientContract, codes: string[]) {
  if (codes.length === 0) return new Map<string, string>()
  const found = await run<{ code: string; sku: string | null }>(client, findCodes, [
    codes,
    codes.map((code) => (/^[\w.-]+$/.test(code) ? code.toUpperCase() : null)),
    codes.map((code) => (isBarcode(code) ? gtinOf(code) : null)),
  ])
  return new Map(found.flatMap(({ code, sku }) => (sku === null ? [] : [[code, sku] as const])))
}
