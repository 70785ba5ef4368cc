/*
 * Gathers low-stock crossings into one mail per subscriber: soon after they happen, or daily at the hour that
 * the subscriber chose.
 *
 * The subscriber's row holds the last reported crossing, and is locked while a mail is gathered: concurrent
 * processes report each crossing once.
 */
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { DateTime } from 'luxon'
import { uuidv7 } from 'uuidv7'
import type { LowStockReader } from '#contracts/ports/staff_directory'
import { firstIdAt } from '#postgres/run'
import { today } from '#runtime/days'
import { mailQueue } from '#mail/queue'

/** Transactions last at most 30 s: after this time, no earlier crossing can still be committed. */
const SETTLED_MS = 35_000
/** A mail waits until no SKU has become low for `QUIET_MS`, at most `MOST_WAIT_MS` after the first one. */
const QUIET_MS = 60_000
const MOST_WAIT_MS = 5 * 60_000
/** Crossings per mail: an import may affect the whole catalogue. */
const MOST_CROSSINGS = 20_000

/** @returns the number of mails that were queued */
export async function gatherDigests(readers: LowStockReader[], now = new Date()): Promise<number> {
  await deleteUnsubscribed(readers)
  let gathered = 0
  for (const reader of readers) if (await gather(reader, now)) gathered++
  return gathered
}

/** A person who subscribes again gets only crossings from then on. */
async function deleteUnsubscribed(readers: LowStockReader[]) {
  await db
    .connection('inventory')
    .from('low_stock_readers')
    .whereNotIn(
      'account_id',
      readers.map(({ id }) => id)
    )
    .delete()
}

async function gather(reader: LowStockReader, now: Date): Promise<boolean> {
  return db.connection('inventory').transaction(async (trx) => {
    const until = firstIdAt(now.getTime() - SETTLED_MS)
    const reported = await lockReader(trx, reader.id, until)
    const { date: day } = today(reader.zone, now)
    const { hour } = DateTime.fromJSDate(now, { zone: reader.zone })
    const daily = reader.sends === 'daily'
    if (daily && (hour < reader.hour || reported.day === day)) return false
    const crossings = await crossingsBetween(trx, reported.id, until)
    if (!daily && !isDue(crossings, now)) return false
    const last = crossings.at(-1)?.id
    await trx
      .from('low_stock_readers')
      .where('account_id', reader.id)
      .update({ told_id: last ?? reported.id, ...(daily && { told_day: day }) })
    if (!last) return false
    const skus = [...new Set(crossings.map(({ sku }) => sku))].sort()
    await trx
      .knexQuery()
      .insert({
        ...{ id: uuidv7(), account_id: reader.id, kind: 'low_stock' },
        ...{ period: daily ? day : last, detail: JSON.stringify({ skus }) },
      })
      .into('notifications')
      .onConflict(['account_id', 'kind', 'period'])
      .ignore()
    trx.after('commit', () => mailQueue.wake('inventory'))
    return true
  })
}

/** A new subscriber gets only crossings from now on. */
async function lockReader(trx: TransactionClientContract, id: string, until: string) {
  await trx.rawQuery(
    'insert into low_stock_readers (account_id, told_id) values (?, ?) on conflict do nothing',
    [id, until]
  )
  const { rows } = await trx.rawQuery<{ rows: { id: string; day: string | null }[] }>(
    `select told_id as id, told_day::text as day from low_stock_readers where account_id = ? for update`,
    [id]
  )
  return rows[0]
}

interface Crossing {
  id: string
  sku: string
  at: Date
}

function crossingsBetween(
  trx: TransactionClientContract,
  after: string,
  until: string
): Promise<Crossing[]> {
  return trx
    .from('low_crossings')
    .select('id', 'sku', 'at')
    .where('id', '>', after)
    .where('id', '<', until)
    .orderBy('id')
    .limit(MOST_CROSSINGS)
}

function isDue(crossings: Crossing[], now: Date) {
  if (crossings.length === 0) return false
  const age = ({ at }: Crossing) => now.getTime() - at.getTime()
  return age(crossings.at(-1)!) >= QUIET_MS || age(crossings[0]) >= MOST_WAIT_MS
}
