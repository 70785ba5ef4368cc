import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { run } from '#postgres/run'
import type { RowError } from './file/read_cells.ts'

/** The outcome of a row. */
export interface RowOutcome {
  row: number
  state: 'applied' | 'refused' | 'reversed' | 'stays'
  /** Why the row was refused or could not be undone. */
  error?: RowError
  /** The movement that applied the row. */
  movementId?: string
}

const updateRows = {
  name: 'import_outcomes',
  text: /* sql */ `
    update stock_import_rows set state = outcome.state, errors = coalesce(outcome.errors, '[]'),
      movement_id = coalesce(outcome.movement_id, stock_import_rows.movement_id)
    from unnest($2::int[], $3::text[], $4::jsonb[], $5::uuid[])
      as outcome(row, state, errors, movement_id)
    where stock_import_rows.import_id = $1 and stock_import_rows.row = outcome.row`,
}

export async function writeOutcomes(
  trx: TransactionClientContract,
  importId: string,
  outcomes: RowOutcome[]
) {
  await run(trx, updateRows, [
    importId,
    outcomes.map(({ row }) => row),
    outcomes.map(({ state }) => state),
    outcomes.map(({ error }) => error && JSON.stringify([error])),
    outcomes.map(({ movementId }) => movementId),
  ])
}
