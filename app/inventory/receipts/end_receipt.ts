/*
 * A receipt comes to its end: applied like an import, and from then on undone like one, or discarded.
 */
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { SignedIn } from '#contracts/actor'
import { isUuid } from '#http/fields'
import { notFound } from '#http/problem'
import { receiptMoved, receiptNotOpen } from '../exceptions.ts'
import type { ImportRecord } from '../imports/import_record.ts'
import { openReceipt } from './open_receipt.ts'

/** As a person has seen it. */
export interface SeenReceipt {
  id: string
  /** Moves with each change of it. */
  version: number
}

type ReceiptRecord = ImportRecord & { version: number }

const TOLD = ['applying', 'applied', 'reversing', 'reversed']

/**
 * Tells a receipt to be applied, once. What is scanned from then on begins another one.
 *
 * @throws Problem 404 · 409 `receipt_moved`, `receipt_not_open`
 */
export async function applyReceipt(account: SignedIn, seen: SeenReceipt): Promise<ImportRecord> {
  return db.connection('inventory').transaction(async (trx) => {
    const receipt = await lock(trx, account, seen)
    if (TOLD.includes(receipt.status)) return receipt
    refuseOther(receipt, seen)
    if (receipt.counts.rows === 0) throw receiptNotOpen('empty')
    await trx.rawQuery(
      `update stock_import_rows set before = on_hand, delta = received from stock_items
       where import_id = ? and stock_items.sku = stock_import_rows.sku`,
      [receipt.id]
    )
    return end(trx, receipt, { status: 'applying', read_at: new Date() })
  })
}

/**
 * Drops what was scanned: it changes nothing.
 *
 * @throws Problem 404 · 409 `receipt_moved`, `receipt_not_open`
 */
export async function discardReceipt(account: SignedIn, seen: SeenReceipt): Promise<ImportRecord> {
  return db.connection('inventory').transaction(async (trx) => {
    const receipt = await lock(trx, account, seen)
    if (receipt.status === 'discarded') return receipt
    refuseOther(receipt, seen)
    return end(trx, receipt, { status: 'discarded' })
  })
}

/** What the delivery is called, for example by its delivery note. */
export async function nameReceipt(account: SignedIn, reference: string | null) {
  await db.connection('inventory').transaction(async (trx) => {
    const { id } = await openReceipt(trx, account)
    const change = { reference, version: trx.raw('version + 1') }
    await trx.from('stock_imports').where({ id }).update(change)
  })
}

async function lock(
  trx: TransactionClientContract,
  { id: accountId }: SignedIn,
  { id }: SeenReceipt
): Promise<ReceiptRecord> {
  const own = { id, account_id: accountId, source: 'scan' }
  const found = isUuid(id) && (await trx.from('stock_imports').where(own).forUpdate().first())
  if (!found) throw notFound('receipt')
  return found
}

function refuseOther({ status, version, counts }: ReceiptRecord, seen: SeenReceipt) {
  if (status !== 'scanning') throw receiptNotOpen(status)
  if (version !== seen.version) throw receiptMoved(counts)
}

async function end(
  trx: TransactionClientContract,
  { id }: ImportRecord,
  to: Record<string, unknown>
): Promise<ImportRecord> {
  const [row] = await trx.from('stock_imports').where({ id }).update(to).returning('*')
  return row
}
