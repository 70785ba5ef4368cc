/*
 * Checks the balance of every SKU against the ledger and the reservations, in one snapshot.
 */
import type { ClientConfig } from 'pg'
import { withDedicatedConnection } from '#postgres/dedicated_connection'

export interface Difference {
  sku: string
  onHand: number
  reserved: number
  /** Sums of the ledger. */
  ledgerOnHand: number
  ledgerReserved: number
  /** Sum of the reservations. */
  held: number
}

/**
 * Compares each balance with the sums of the SKU's movements and reservations.
 *
 * @param connection - without statement limits: the ledger may be long
 * @returns the number of SKUs checked, and those that differ
 * @throws also when the server is silent for 30 s
 */
export async function reconcile(
  connection: ClientConfig
): Promise<{ items: number; differences: Difference[] }> {
  return withDedicatedConnection(connection, async (client) => {
    await client.query('begin isolation level repeatable read read only')
    const items = await client.query<{ count: number }>('select count(*) from stock_items')
    const { rows } = await client.query<Difference>(/* sql */ `
      select * from (
        select sku, stock_items.on_hand as "onHand", stock_items.reserved,
          coalesce(ledger.on_hand, 0) as "ledgerOnHand", coalesce(ledger.reserved, 0) as "ledgerReserved",
          coalesce(held.quantity, 0) as held
        from stock_items
        left join (select sku, sum(on_hand_delta)::bigint as on_hand, sum(reserved_delta)::bigint as reserved
                   from movements group by sku) as ledger using (sku)
        left join (select sku, sum(quantity)::bigint as quantity from reservations group by sku) as held
          using (sku)
      ) as sums
      where "onHand" <> "ledgerOnHand" or reserved <> "ledgerReserved" or reserved <> held
      order by sku`)
    await client.query('commit')
    return { items: items.rows[0].count, differences: rows }
  })
}
