import db from '@adonisjs/lucid/services/db'
import type { AuditNames } from '#contracts/ports/audit_labels'
import { run } from '#postgres/run'

const findNumbers = {
  name: 'audit_order_numbers',
  text: /* sql */ `select id, 'Q-' || number as number from orders where id = any ($1::uuid[])`,
}

/** The audit names orders by their numbers. */
export const orderNames: AuditNames = async (ids) => {
  if (ids.length === 0) return new Map()
  const rows = await run<{ id: string; number: string }>(db.connection('orders'), findNumbers, [
    ids,
  ])
  return new Map(rows.map(({ id, number }) => [id, number]))
}
