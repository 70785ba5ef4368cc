import { BaseSchema } from '@adonisjs/lucid/schema'
import { withBriefLock } from '#postgres/brief_lock'
import { createIndex, dropIndex } from '../../online.ts'

/** Finds an earlier import of the same file, and an earlier delivery with the same reference. */
export default class extends BaseSchema {
  static disableTransactions = true

  async up() {
    this.defer(async (owner) => {
      // file_hash: SHA-256 of the bytes; null for a receipt and for files that 0.1.0 received.
      // booked_at: when somebody applied it; null for imports that 0.1.0 applied.
      await withBriefLock(
        owner,
        `alter table stock_imports add column if not exists file_hash bytea,
           add column if not exists booked_at timestamptz`
      )
      await createIndex(
        owner,
        'stock_imports_file',
        'on stock_imports (file_hash, id) where file_hash is not null'
      )
      await createIndex(
        owner,
        'stock_imports_reference',
        'on stock_imports (reference, id) where reference is not null'
      )
    })
  }

  async down() {
    this.defer(async (owner) => {
      await dropIndex(owner, 'stock_imports_file')
      await dropIndex(owner, 'stock_imports_reference')
      await withBriefLock(
        owner,
        'alter table stock_imports drop column file_hash, drop column booked_at'
      )
    })
  }
}
