import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { run } from '#messaging/sql'
import type { RowError } from './read_cells.ts'

/** What has become of a row. */
export interface Mark {
  row: number
  state: 'applied' | 'refused' | 'reversed' | 'stays'
  /** Why it was refused, or stays. */
  error?: RowError
  /** What the row has done. */
  movementId?: string
}

const markAll = {
  name: 'import_mark',
  text: /* sql */ `
    update stock_import_rows as row_ set state = mark.state, errors = mark.errors,
      movement_id = coalesce(mark.movement_id, row_.movement_id)
    from unnest($2::int[], $3::text[], $4::jsonb[], $5::uuid[]) as mark(row, state, errors, movement_id)
    where row_.import_id = $1 and row_.row = mark.row`,
}

export async function markRows(trx: TransactionClientContract, importId: string, marks: Mark[]) {
  await run(trx, markAll, [
    importId,
    marks.map(({ row }) => row),
    marks.map(({ state }) => state),
    marks.map(({ error }) => JSON.stringify(error ? [error] : [])),
    marks.map(({ movementId }) => movementId),
  ])
}
