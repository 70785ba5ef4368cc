import db from '@adonisjs/lucid/services/db'

/** Whether a transaction in the run's database waits for the lock of another. */
export async function somebodyWaits(): Promise<boolean> {
  const { rows } = await db.connection('orders').rawQuery(
    `select from pg_locks join pg_stat_activity using (pid)
     where not granted and datname = current_database()`
  )
  return rows.length > 0
}
