import { BaseSchema } from '@adonisjs/lucid/schema'
import { withBriefLock } from '#postgres/brief_lock'
import { createIndex, dropIndex } from '../../online.ts'

/**
 * The numbers of orders, for people. Stored once per order, in 15 bytes of WAL and 75 for the index; in the movements of
 * two SKUs, from placement to fulfilment, they would take 64 without an index. Null for an order whose messages all came
 * from release 0.1.0.
 */
export default class extends BaseSchema {
  static disableTransactions = true

  async up() {
    this.defer(async (owner) => {
      await withBriefLock(
        owner,
        'alter table reservation_heads add column if not exists number text'
      )
      await createIndex(
        owner,
        'reservation_heads_number',
        'on reservation_heads (number) where number is not null'
      )
    })
  }

  async down() {
    this.defer(async (owner) => {
      await dropIndex(owner, 'reservation_heads_number')
      await withBriefLock(owner, 'alter table reservation_heads drop column number')
    })
  }
}
