import db from '@adonisjs/lucid/services/db'
import { outbox } from '#messaging/outbox/outbox'
import { parcelSent } from './messages.ts'

export async function sendParcel(number: string, grams: number) {
  await db.connection('parcels').transaction(async (trx) => {
    await trx.table('sent').insert({ number, grams })
    await outbox.add(trx, [parcelSent.about(number, { grams })])
  })
}
