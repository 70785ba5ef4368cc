import { setTimeout as sleep } from 'node:timers/promises'
import db from '@adonisjs/lucid/services/db'
import { productChanged } from '#contracts/messages/inventory'
import { outbox } from '#messaging/outbox/outbox'
import { isOutboxBehind } from '#messaging/recovery/backlog'
import StockItem from '../stock/stock_item.ts'
import { publishedProduct } from './save_product.ts'

const BATCH = 500
/** Pauses while this many messages are pending, so that replies to orders do not wait behind them. */
const MOST_PENDING = 2_000

/**
 * Publishes every product again, so that subscribers can rebuild their price lists. Versions do not
 * change.
 *
 * @param options.after - only products with a greater SKU
 * @param options.onProgress - called with the number of products published so far
 * @returns the number of products published, and the last SKU; null when there was none
 */
export async function republishProducts(options: {
  after?: string
  signal?: AbortSignal
  onProgress?(announced: number): void
}): Promise<{ announced: number; last: string | null }> {
  let announced = 0
  let last: string | null = options.after ?? null
  while (!options.signal?.aborted) {
    if (await isOutboxBehind(db.connection('inventory'), MOST_PENDING)) {
      await sleep(100, undefined, { signal: options.signal }).catch(() => {})
      continue
    }
    const skus = await republishBatch(last ?? '')
    if (skus.length > 0) last = skus[skus.length - 1]
    announced += skus.length
    options.onProgress?.(announced)
    if (skus.length < BATCH) break
  }
  return { announced, last }
}

/** Locks the products, so that each message follows those of changes in progress. */
async function republishBatch(after: string) {
  return db.connection('inventory').transaction(async (trx) => {
    const items = await StockItem.query({ client: trx })
      .where('sku', '>', after)
      .orderBy('sku')
      .limit(BATCH)
      .forUpdate()
    await outbox.add(
      trx,
      items.map((item) => productChanged.about(item.sku, publishedProduct(item)))
    )
    return items.map(({ sku }) => sku)
  })
}
