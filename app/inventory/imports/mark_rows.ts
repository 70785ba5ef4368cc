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

// One look into the index for each row: without statistics a join would read all rows of the import.
const markAll = {
  name: 'import_mark',
  text: /* sql */ `
    with mark as materialized (
      select state, errors, movement_id,
        (select ctid from stock_import_rows where import_id = $1 and row = said.row) as place
      from unnest($2::int[], $3::text[], $4::jsonb[], $5::uuid[]) as said(row, state, errors, movement_id)
    )
    update stock_import_rows set state = mark.state, errors = mark.errors,
      movement_id = coalesce(mark.movement_id, stock_import_rows.movement_id)
    from mark where stock_import_rows.ctid = mark.place`,
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
