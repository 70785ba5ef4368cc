/*
 * Gathers what has become low into one mail for each person who asked for it: at once, or daily at the
 * person's hour.
 *
 * A person's row is locked while the mail is gathered, and says up to where the person has been told: several
 * processes gather as one.
 */
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { DateTime } from 'luxon'
import { uuidv7 } from 'uuidv7'
import type { LowStockReader } from '#contracts/staff_directory'
import { firstIdAt } from '#messaging/sql'
import { mailQueue } from '#mail/queue'

/** A crossing counts when every transaction with an earlier one has ended: none lasts longer than 30 s. */
const SETTLED_MS = 35_000
/** At once: when nothing more has crossed for so long, but not later than this after the first. */
const QUIET_MS = 60_000
const MOST_WAIT_MS = 5 * 60_000
/** Of one mail: an import may bring down a whole catalogue. */
const MOST_CROSSINGS = 20_000

/** @returns how many mails were gathered */
export async function gatherDigests(readers: LowStockReader[], now = new Date()): Promise<number> {
  await forgetOthers(readers)
  let gathered = 0
  for (const reader of readers) if (await gather(reader, now)) gathered++
  return gathered
}

/** Whoever asks again later is told of what crosses from then on. */
async function forgetOthers(readers: LowStockReader[]) {
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
    const told = await lock(trx, reader.id, until)
    const today = DateTime.fromJSDate(now, { zone: reader.zone })
    const day = today.toISODate()!
    const daily = reader.sends === 'daily'
    if (daily && (today.hour < reader.hour || told.day === day)) return false
    const crossings = await crossingsBetween(trx, told.id, until)
    if (!daily && !isTime(crossings, now)) return false
    const last = crossings.at(-1)?.id
    await trx
      .from('low_stock_readers')
      .where('account_id', reader.id)
      .update({ told_id: last ?? told.id, ...(daily && { told_day: day }) })
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
    trx.after('commit', () => mailQueue.wake())
    return true
  })
}

/** Whoever has just asked is told of what crosses from now on. */
async function lock(trx: TransactionClientContract, id: string, until: string) {
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

function isTime(crossings: Crossing[], now: Date) {
  if (crossings.length === 0) return false
  const age = ({ at }: Crossing) => now.getTime() - at.getTime()
  return age(crossings.at(-1)!) >= QUIET_MS || age(crossings[0]) >= MOST_WAIT_MS
}
