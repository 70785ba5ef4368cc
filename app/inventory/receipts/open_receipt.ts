import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { uuidv7 } from 'uuidv7'
import { actorOf, type SignedIn } from '#contracts/actor'
import { run } from '#messaging/sql'
import { NOTHING_COUNTED, type ImportCounts } from '../imports/import_record.ts'

/** Goods on their way in, scanned by one person: `rows` of its counts are SKUs, `up` are pieces. */
export interface Receipt extends Record<string, unknown> {
  id: string
  counts: ImportCounts
}

const findReceipt = {
  name: 'receipt_lock',
  text: /* sql */ `
    select id, counts from stock_imports where account_id = $1 and status = 'scanning'
    for no key update`,
}

/** The receipt that the person is at, so that what is done to it comes one after the other. Null: none. */
export async function lockReceipt(trx: TransactionClientContract, { id }: SignedIn) {
  const [receipt] = await run<Receipt>(trx, findReceipt, [id])
  return receipt ?? null
}

// A moment later somebody else may have begun it: the person, in another browser.
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

/** Locks the receipt that the person is at, and begins it if there is none. */
export async function openReceipt(
  trx: TransactionClientContract,
  account: SignedIn
): Promise<Receipt> {
  for (;;) {
    const receipt = await lockReceipt(trx, account)
    if (receipt) return receipt
    await beginReceipt(trx, account)
  }
}
