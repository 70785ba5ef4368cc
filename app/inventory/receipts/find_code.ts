import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { run } from '#messaging/sql'
import { asEan13 } from '../put_product.ts'

const findCodes = {
  name: 'receipt_codes',
  text: /* sql */ `
    select given.code, coalesce(
        (select sku from stock_items where sku = given.sku),
        (select sku from barcodes where barcode = given.barcode)
      ) as sku
    from unnest($1::text[], $2::text[], $3::text[]) as given(code, sku, barcode)`,
}

/** Code → SKU, of those that are a SKU (in whichever case) or a barcode (exactly) of ours. */
export async function skusOf(client: QueryClientContract, codes: string[]) {
  if (codes.length === 0) return new Map<string, string>()
  const found = await run<{ code: string; sku: string | null }>(client, findCodes, [
    codes,
    codes.map((code) => (/^[\w.-]+$/.test(code) ? code.toUpperCase() : null)),
    codes.map((code) => (isBarcode(code) ? asEan13(code) : null)),
  ])
  return new Map(found.flatMap(({ code, sku }) => (sku === null ? [] : [[code, sku] as const])))
}

/** Of 8, 12, 13 or 14 digits, as a product may have them. */
export function isBarcode(code: string) {
  return /^\d{8}$|^\d{12,14}$/.test(code)
}
