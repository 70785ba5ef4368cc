/*
 * Ends a receipt: it is applied like an import, and can then be undone like one, or it is discarded.
 */
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { SignedIn } from '#contracts/actor'
import { isUuid } from '#runtime/uuid'
import { notFound, Problem } from '#http/problem'
import type { ImportRecord, ImportStatus } from '../imports/import_record.ts'
import { updateImport } from '../imports/import_transitions.ts'
import { earlierBooking, lockSameGoods, type Booking } from '../ledger/bookings.ts'
import type { Receipt } from './lock_receipt.ts'

/** A receipt in the state that the person reviewed. */
export type ReviewedReceipt = Pick<Receipt, 'id' | 'version'>

type ReceiptRecord = ImportRecord & { version: number }

const APPLIED: ImportStatus[] = ['applying', 'applied', 'reversing', 'reversed']

export interface ReceivedUnits {
  sku: string
  units: number
}

/** Checks what is about to be applied. When it throws, the receipt stays open. */
export type ReceiptCheck = (
  trx: TransactionClientContract,
  received: ReceivedUnits[],
  /** The earlier booking of a delivery with the same reference. */
  earlier: Booking | null
) => Promise<void>

/**
 * Requests that a receipt is applied; a repeated request has no effect. The next scan begins a new
 * receipt.
 *
 * @returns `repeated`: it had been applied before this request
 * @throws Problem 404 · 409 `receipt_moved`, `receipt_not_open` · errors of `check`
 */
export async function applyReceipt(
  account: SignedIn,
  reviewed: ReviewedReceipt,
  check: ReceiptCheck = async () => {}
): Promise<ImportRecord & { repeated: boolean }> {
  return db.connection('inventory').transaction(async (trx) => {
    await lockSameGoods(trx, reviewed.id)
    const receipt = await lockOwn(trx, account, reviewed)
    if (APPLIED.includes(receipt.status)) return { ...receipt, repeated: true }
    assertUnchanged(receipt, reviewed)
    if (receipt.counts.rows === 0) throw receiptNotOpen('empty')
    const { rows } = await trx.rawQuery<{ rows: ReceivedUnits[] }>(
      `update stock_import_rows set before = on_hand, delta = received from stock_items
       where import_id = ? and stock_items.sku = stock_import_rows.sku
       returning stock_items.sku, received as units`,
      [receipt.id]
    )
    await check(trx, rows, await earlierBooking(trx, receipt))
    const applied = await updateImport(trx, receipt, {
      ...{ status: 'applying', read_at: new Date(), booked_at: trx.raw('clock_timestamp()') },
    })
    return { ...applied, repeated: false }
  })
}

/**
 * Discards a receipt. Stock does not change.
 *
 * @throws Problem 404 · 409 `receipt_moved`, `receipt_not_open`
 */
export async function discardReceipt(
  account: SignedIn,
  reviewed: ReviewedReceipt
): Promise<ImportRecord> {
  return db.connection('inventory').transaction(async (trx) => {
    const receipt = await lockOwn(trx, account, reviewed)
    if (receipt.status === 'discarded') return receipt
    assertUnchanged(receipt, reviewed)
    return updateImport(trx, receipt, { status: 'discarded' })
  })
}

async function lockOwn(
  trx: TransactionClientContract,
  { id: accountId }: SignedIn,
  { id }: ReviewedReceipt
): Promise<ReceiptRecord> {
  const own = { id, account_id: accountId, source: 'scan' }
  const found = isUuid(id) && (await trx.from('stock_imports').where(own).forUpdate().first())
  if (!found) throw notFound('receipt')
  return found
}

function assertUnchanged({ status, version, counts }: ReceiptRecord, reviewed: ReviewedReceipt) {
  if (status !== 'scanning') throw receiptNotOpen(status)
  if (version !== reviewed.version) {
    const detail = `The receipt has changed since you reviewed it. It now has ${counts.up} units of ${counts.rows} SKUs. Review it again.`
    throw new Problem('receipt_moved', detail)
  }
}

function receiptNotOpen(status: string) {
  const detail = `The receipt is ${status}, so you cannot apply or discard it.`
  return new Problem('receipt_not_open', detail)
}
