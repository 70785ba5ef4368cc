import db from '@adonisjs/lucid/services/db'

/** Why stock has not heard what orders say of one order. */
export interface HeldUp {
  since: Date
  error: string | null
  /** Messages of it that wait, the failed one among them. */
  letters: number
}

/** @returns null when nothing of it waits */
export async function findHeldUp(orderId: string): Promise<HeldUp | null> {
  const { rows } = await db.connection('inventory').rawQuery<{ rows: HeldUp[] }>(
    `select since,
       (select error_message from dead_letters where dead_letters.consumer = waiting_keys.consumer
        and dead_letters.key = waiting_keys.key and reason = 'failed' order by id limit 1) as error,
       (select count(*)::int from dead_letters where dead_letters.consumer = waiting_keys.consumer
        and dead_letters.key = waiting_keys.key and reason <> 'junk') as letters
     from waiting_keys where consumer = 'inventory' and key = ?`,
    [orderId]
  )
  return rows[0] ?? null
}
