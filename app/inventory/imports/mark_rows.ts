import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { run } from '#messaging/sql'
import type { RowError } from './read_cells.ts'

/** What has become of a row. */
export interface Mark {
  row: number
  /** Where it lies, as its piece was read. */
  place: string
  state: 'applied' | 'refused' | 'reversed' | 'stays'
  /** Why it was refused, or stays. */
  error?: RowError
  /** What the row has done. */
  movementId?: string
}

/**
 * By place, because rows so new have no statistics: PostgreSQL would take any index that begins with the
 * import, and read all its rows to find one. A row that waits is moved by nobody but a rewrite of the table.
 */
const markAll = {
  name: 'import_mark',
  text: /* sql */ `
    update stock_import_rows set state = mark.state, errors = coalesce(mark.errors, '[]'),
      movement_id = coalesce(mark.movement_id, stock_import_rows.movement_id)
    from unnest($2::int[], $3::tid[], $4::text[], $5::jsonb[], $6::uuid[])
      as mark(row, place, state, errors, movement_id)
    where stock_import_rows.ctid = mark.place
    returning stock_import_rows.import_id = $1 and stock_import_rows.row = mark.row as ours`,
}

/**
 * @throws Error where the table was rewritten since the rows were read, or another worker has marked them;
 *   whoever reads them again can go on
 */
export async function markRows(trx: TransactionClientContract, importId: string, marks: Mark[]) {
  const marked = await run<{ ours: boolean }>(trx, markAll, [
    importId,
    marks.map(({ row }) => row),
    marks.map(({ place }) => place),
    marks.map(({ state }) => state),
    marks.map(({ error }) => error && JSON.stringify([error])),
    marks.map(({ movementId }) => movementId),
  ])
  if (marked.length < marks.length || !marked.every(({ ours }) => ours)) {
    throw new Error('The rows of the import have been moved while they were applied.')
  }
}
