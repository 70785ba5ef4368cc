import db from '@adonisjs/lucid/services/db'
import type { SignedIn } from '#contracts/actor'
import { lockOrBeginReceipt } from './lock_receipt.ts'

/** Sets the reference of the person's receipt, for example the number of the delivery note. */
export async function setReference(account: SignedIn, reference: string | null) {
  await db.connection('inventory').transaction(async (trx) => {
    const { id } = await lockOrBeginReceipt(trx, account)
    const change = { reference, version: trx.raw('version + 1') }
    await trx.from('stock_imports').where({ id }).update(change)
  })
}
