import { setTimeout as sleep } from 'node:timers/promises'
import db from '@adonisjs/lucid/services/db'
import { productChanged } from '#contracts/inventory'
import { outbox } from '#messaging/outbox'
import StockItem from './models/stock_item.ts'
import { listing } from './put_product.ts'

const BATCH = 500
/** Answers to orders must not wait behind a catalogue: so many messages may be ahead of them. */
const MOST_PENDING = 2_000

/**
 * Says every product once more as it is, so that whoever keeps a price list can build it anew. Their versions
 * do not change.
 *
 * @param options.after - products whose SKU sorts behind this one
 * @returns how many were announced, and the last SKU; null when there was none
 */
export async function announceProducts(options: {
  after?: string
  signal?: AbortSignal
  turn?(announced: number): void
}): Promise<{ announced: number; last: string | null }> {
  let announced = 0
  let last: string | null = options.after ?? null
  while (!options.signal?.aborted) {
    if (await isBehind()) {
      await sleep(100, undefined, { signal: options.signal }).catch(() => {})
      continue
    }
    const skus = await announceBatch(last ?? '')
    if (skus.length > 0) last = skus[skus.length - 1]
    announced += skus.length
    options.turn?.(announced)
    if (skus.length < BATCH) break
  }
  return { announced, last }
}

/** The lock on each product puts its message behind that of a change under way. */
async function announceBatch(after: string) {
  return db.connection('inventory').transaction(async (trx) => {
    const items = await StockItem.query({ client: trx })
      .where('sku', '>', after)
      .orderBy('sku')
      .limit(BATCH)
      .forUpdate()
    await outbox.add(
      trx,
      items.map((item) => productChanged.about(item.sku, listing(item)))
    )
    return items.map(({ sku }) => sku)
  })
}

async function isBehind() {
  const pending = await db
    .connection('inventory')
    .from('outbox')
    .whereNull('published_at')
    .limit(MOST_PENDING)
    .select('id')
  return pending.length === MOST_PENDING
}
