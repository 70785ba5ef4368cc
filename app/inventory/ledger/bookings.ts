/*
 * Finds out whether goods were booked before: the same file, whatever its name, or a delivery with the same reference.
 * Bookings that were undone do not count.
 */
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import { run } from '#postgres/run'
import { isUuid } from '#runtime/uuid'

/** An earlier booking of the same goods. */
export interface Booking extends Record<string, unknown> {
  /** Of the import, the receipt or the movement. */
  id: string
  at: Date
  by: Actor
  /** Null for a restock. */
  importId: string | null
  same: 'file' | 'reference'
}

/** Says what was booked and by whom, as the beginning of a sentence. */
export function describeBooking({ same, by }: Pick<Booking, 'same' | 'by'>): string {
  const what =
    same === 'file'
      ? 'This file was applied before'
      : 'A delivery with this reference was booked before'
  return `${what}, by ${by.name ?? 'Quartermaster'}`
}

/** The columns of an import that identify its goods. */
export interface Goods {
  id: string
  file_hash: Buffer | null
  reference: string | null
  /** When it was booked itself: later bookings repeat it, not the other way around. */
  booked_at: Date | null
  applied_at: Date | null
}

// An import is booked from the moment somebody applies it. Release 0.1.0 stored only when the last row was applied.
const BOOKED_AT = 'coalesce(booked_at, applied_at, read_at)'

const imported = (same: Booking['same'], condition: string) => /* sql */ `
  (select other.id, ${BOOKED_AT} as at, actor as by, other.id as "importId", '${same}' as same
   from stock_imports as other
   where ${condition} and other.id <> given.id and status in ('applying', 'applied')
     and (given.booked is null or ${BOOKED_AT} < given.booked)
   order by other.id desc limit 1)`

const restocked = (condition: string) => /* sql */ `
  (select movement.id, at, actor as by, import_id as "importId", 'reference' as same from movements as movement
   where ${condition} and on_hand_delta > 0 and kind in ('restock', 'import') and counted is not true
     and not exists (select from movements as undo where undo.reversal_of = movement.id)
   order by movement.id desc limit 1)`

const findBookings = {
  name: 'bookings_of_imports',
  text: /* sql */ `
    select given.id as "of", booking.*
    from unnest($1::uuid[], $2::bytea[], $3::text[], $4::timestamptz[]) as given (id, hash, reference, booked),
      lateral (
        select * from (
          ${imported('file', 'file_hash = given.hash')}
          union all ${imported('reference', 'other.reference = given.reference')}
          union all ${restocked(`movement.reference = given.reference and import_id is null
            and (given.booked is null or at < given.booked)`)}
        ) as found
        order by at desc, same limit 1
      ) as booking`,
}

/**
 * Finds the newest earlier booking of each import's or receipt's goods.
 *
 * @returns import id → booking, for those that have one
 */
export async function earlierBookings(
  client: QueryClientContract,
  imports: Goods[]
): Promise<Map<string, Booking>> {
  const given = imports.filter(({ file_hash: file, reference }) => file ?? reference)
  if (given.length === 0) return new Map()
  const rows = await run<Booking & { of: string }>(client, findBookings, [
    given.map(({ id }) => id),
    given.map(({ file_hash: hash }) => hash),
    given.map(({ reference }) => reference),
    given.map(({ booked_at: booked, applied_at: applied }) => booked ?? applied),
  ])
  return new Map(rows.map(({ of, ...booking }) => [of, booking]))
}

export async function earlierBooking(
  client: QueryClientContract,
  goods: Goods
): Promise<Booking | null> {
  const bookings = await earlierBookings(client, [goods])
  return bookings.get(goods.id) ?? null
}

const lockSame = {
  name: 'bookings_lock',
  text: /* sql */ `
    select from stock_imports
    where (file_hash = (select file_hash from stock_imports where id = $1)
        or reference = (select reference from stock_imports where id = $1))
      and status in ('ready', 'scanning')
    order by id for no key update`,
}

/**
 * Locks the import or receipt and all others that could book the same goods, so that of two people who apply them at
 * once, the second one sees what the first one did. In id order: call it before any of them is locked.
 */
export async function lockSameGoods(trx: TransactionClientContract, id: string) {
  if (isUuid(id)) await run(trx, lockSame, [id])
}

const findRestock = {
  name: 'bookings_of_restock',
  text: restocked('movement.reference = $1 and sku = $2'),
}

/** The newest booking of units of the SKU with this reference. */
export async function earlierRestock(
  trx: TransactionClientContract,
  sku: string,
  reference: string
): Promise<Booking | null> {
  const [booking] = await run<Booking>(trx, findRestock, [reference, sku])
  return booking ?? null
}
