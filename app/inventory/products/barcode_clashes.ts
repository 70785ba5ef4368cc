/*
 * Barcodes that two products had in different forms when codes were first compared as GTIN-14. The
 * older product kept the code. The other one is listed here until somebody corrects its barcodes.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { run } from '#postgres/run'

export interface BarcodeClash {
  /** The product that lost the code. */
  sku: string
  /** The code in the form that this product had. */
  barcode: string
  /** The product that has the code now; null when none does. */
  owner: string | null
}

const findClashes = {
  name: 'barcode_clashes',
  text: /* sql */ `
    select barcode_clashes.sku, barcode_clashes.barcode, barcodes.sku as owner
    from barcode_clashes left join barcodes using (gtin)
    where $1::text is null or barcode_clashes.sku = $1
    order by barcode_clashes.sku, barcode_clashes.gtin limit $2`,
}

/**
 * In SKU order.
 *
 * @param sku - one product; null for all
 */
export function findBarcodeClashes(
  client: QueryClientContract,
  sku: string | null,
  limit: number
): Promise<BarcodeClash[]> {
  return run<BarcodeClash & Record<string, unknown>>(client, findClashes, [sku, limit])
}
