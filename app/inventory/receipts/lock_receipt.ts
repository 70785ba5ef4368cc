import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { uuidv7 } from 'uuidv7'
import { actorOf, type SignedIn } from '#contracts/actor'
import { run } from '#postgres/run'
import { NOTHING_COUNTED, type ImportCounts } from '../imports/import_record.ts'

/**
 * Goods that a person scans as they arrive. Stored as an import with the source `scan`. `counts.rows` is the
 * number of SKUs, `counts.up` of units.
 */
export interface Receipt extends Record<string, unknown> {
  id: string
  /** Incremented with each change. */
  version: number
  reference: string | null
  counts: ImportCounts
}

export const selectReceipt = /* sql */ `
  select id, version, reference, counts from stock_imports where account_id = $1 and status = 'scanning'`

/** Locks the person's open receipt. */
export const lockReceipt = {
  name: 'receipt_lock',
  text: `${selectReceipt} for no key update`,
}

// The same person may begin a receipt in another browser at the same time.
const insertReceipt = {
  name: 'receipt_begin',
  text: /* sql */ `
    insert into stock_imports (id, source, status, actor, account_id, counts)
    values ($1, 'scan', 'scanning', $2, $3, $4)
    on conflict (account_id) where status = 'scanning' do nothing`,
}

export async function beginReceipt(trx: TransactionClientContract, account: SignedIn) {
  const counts = JSON.stringify(NOTHING_COUNTED)
  await run(trx, insertReceipt, [
    ...[uuidv7(), JSON.stringify(actorOf(account)), account.id, counts],
  ])
}

/** Locks the person's open receipt, and begins one if there is none. */
export async function lockOrBeginReceipt(
  trx: TransactionClientContract,
  account: SignedIn
): Promise<Receipt> {
  for (;;) {
    const [receipt] = await run<Receipt>(trx, lockReceipt, [account.id])
    if (receipt) return receipt
    await beginReceipt(trx, account)
  }
}
