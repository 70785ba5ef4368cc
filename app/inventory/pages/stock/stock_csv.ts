import db from '@adonisjs/lucid/services/db'
import { csvOf } from '#admin/csv'
import { majorUnits } from '#http/currencies'
import { run } from '#postgres/run'
import { listStock, positionOf, type StockFilter, type StockRow } from './list_stock.ts'

interface ExportedProduct extends Record<string, unknown> {
  sku: string
  amount: number
  currency: string
  barcodes: string[]
}

type ExportedRow = StockRow & { product: ExportedProduct }

/**
 * The columns of an import, so that the unchanged file has no effect. Balances have other names than the columns
 * that change stock.
 */
const COLUMNS: [string, (row: ExportedRow) => unknown][] = [
  ['sku', ({ sku }) => sku],
  ['name', ({ name }) => name],
  ['price', ({ product }) => majorUnits(product)],
  ['currency', ({ product }) => product.currency],
  ['low_stock_at', ({ lowStockAt }) => lowStockAt],
  ['barcode', ({ product }) => product.barcodes[0]],
  ['active', ({ active }) => (active ? 'yes' : 'no')],
  ['on_hand', ({ onHand }) => onHand],
  ['reserved', ({ reserved }) => reserved],
  ['available', ({ available }) => available],
  ['more_barcodes', ({ product }) => product.barcodes.slice(1).join(' ')],
]

/** The stock list with its products, in the order of the list. */
export function stockCsv(filter: StockFilter) {
  return csvOf<ExportedRow>(
    COLUMNS,
    async (slice) => withProducts(await listStock(filter, slice)),
    (row) => positionOf(row, filter)
  )
}

async function withProducts(rows: StockRow[]): Promise<ExportedRow[]> {
  const skus = rows.map(({ sku }) => sku)
  const products = await run<ExportedProduct>(db.connection('inventory'), findProducts, [skus])
  const bySku = new Map(products.map((product) => [product.sku, product]))
  return rows.map((row) => ({ ...row, product: bySku.get(row.sku)! }))
}

const findProducts = {
  name: 'stock_export',
  text: /* sql */ `
    select sku, price_amount as amount, price_currency as currency,
      array(select barcode from barcodes where barcodes.sku = stock_items.sku order by barcode) as barcodes
    from stock_items where sku = any ($1::text[])`,
}
