/*
 * The numbers of orders that people see. Inventory stores them once per order, as messages name them.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { run } from '#postgres/run'

const findNumbers = {
  name: 'order_numbers',
  text: /* sql */ `
    select order_id as id, number from reservation_heads
    where order_id = any ($1::uuid[]) and number is not null`,
}

/** @returns order id → number; orders whose messages all came from release 0.1.0 are missing */
export async function orderNumbers(
  client: QueryClientContract,
  orderIds: (string | null)[]
): Promise<Map<string, string>> {
  const ids = [...new Set(orderIds.filter((id) => id !== null))]
  if (ids.length === 0) return new Map()
  const rows = await run<{ id: string; number: string }>(client, findNumbers, [ids])
  return new Map(rows.map(({ id, number }) => [id, number]))
}

const findOrder = {
  name: 'order_of_number',
  text: /* sql */ `select order_id as id from reservation_heads where number = $1`,
}

/** @returns the id of the order; null if inventory knows no order with this number */
export async function orderOfNumber(
  client: QueryClientContract,
  number: string
): Promise<string | null> {
  const [order] = await run<{ id: string }>(client, findOrder, [number])
  return order?.id ?? null
}
