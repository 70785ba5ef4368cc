/*
 * Checks the balance of every SKU against the ledger and the reservations, in one snapshot.
 */
import type { ClientConfig } from 'pg'
import { withDedicatedConnection } from '#postgres/dedicated_connection'

export interface Difference {
  sku: string
  /** False if there is no such product: only movements or reservations name it. */
  listed: boolean
  onHand: number
  reserved: number
  /** Sums of the ledger. */
  ledgerOnHand: number
  ledgerReserved: number
  /** Sum of the reservations. */
  held: number
}

/**
 * Compares each balance with the sums of the SKU's movements and reservations. An SKU that only these name differs.
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
        select sku, items.on_hand is not null as listed, coalesce(items.on_hand, 0) as "onHand",
          coalesce(items.reserved, 0) as reserved,
          coalesce(ledger.on_hand, 0) as "ledgerOnHand", coalesce(ledger.reserved, 0) as "ledgerReserved",
          coalesce(held.quantity, 0) as held
        from stock_items as items
        full join (select sku, sum(on_hand_delta)::bigint as on_hand, sum(reserved_delta)::bigint as reserved
                   from movements group by sku) as ledger using (sku)
        full join (select sku, sum(quantity)::bigint as quantity from reservations group by sku) as held
          using (sku)
      ) as sums
      where not listed or "onHand" <> "ledgerOnHand" or reserved <> "ledgerReserved" or reserved <> held
      order by sku`)
    await client.query('commit')
    return { items: items.rows[0].count, differences: rows }
  })
}
