/*
 * Release 0.1.0 took the decimals of a currency from the runtime, later releases take them from ISO 4217. Stored
 * amounts are minor units and do not change, but their display changes for these currencies.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { ModuleName } from '#config/database'
import { decimalsOf } from '#http/currencies'

/** Displayed without decimals by 0.1.0, whose Node 24 has CLDR 48. */
export const SHOWN_WHOLE =
  'AFN ALL COP HUF IDR IQD IRR KPW LAK LBP MGA MMK PKR SLL SOS SYP YER'.split(' ')

/** The newest migration of each module in release 0.1.0. */
const LAST_OF_0_1_0: Partial<Record<ModuleName, RegExp>> = {
  inventory: /\/0016_sorted_lists$/,
  orders: /\/0012_times_alone$/,
}

export interface ChangedDecimals {
  currency: string
  /** Rows with amounts in this currency: products for inventory, orders for orders. */
  products?: number
  orders?: number
  /** Displayed amounts are this many times smaller than before. */
  factor: number
}

/** Whether the tables of the module are those of release 0.1.0. Call it before a migration. */
export async function isOfRelease010(owner: QueryClientContract, module: ModuleName) {
  const last = LAST_OF_0_1_0[module]
  if (!last || !(await hasTable(owner, module, 'adonis_schema'))) return false
  const [newest] = await owner.from('adonis_schema').select('name').orderBy('id', 'desc').limit(1)
  return last.test(newest?.name ?? '')
}

/** Counts rows in currencies whose displayed amounts change; empty for accounts. */
export async function countChangedDecimals(
  owner: QueryClientContract,
  module: ModuleName
): Promise<ChangedDecimals[]> {
  if (module === 'accounts') return []
  const [table, column, what] =
    module === 'inventory'
      ? (['stock_items', 'price_currency', 'products'] as const)
      : (['orders', 'currency', 'orders'] as const)
  const rows: { currency: string; count: number }[] = await owner
    .from(table)
    .select(`${column} as currency`)
    .count('* as count')
    .whereIn(column, SHOWN_WHOLE)
    .groupBy(column)
    .orderBy(column)
  return rows.map(({ currency, count }) => ({
    ...{ currency, [what]: Number(count), factor: 10 ** decimalsOf(currency) },
  }))
}

/** A message such as "3 products are priced in HUF: …". */
export function changedDecimalsLine({ currency, products, orders, factor }: ChangedDecimals) {
  const count = products ?? orders ?? 0
  const one = products === undefined ? 'order is' : 'product is'
  const many = products === undefined ? 'orders are' : 'products are'
  return (
    `${count} ${count === 1 ? one : many} priced in ${currency}: amounts are unchanged, but are now shown ` +
    `divided by ${factor}, as ISO 4217 has it. See CHANGELOG.md for how to correct prices.`
  )
}

async function hasTable(owner: QueryClientContract, schema: string, table: string) {
  const { rows } = await owner.rawQuery<{ rows: { there: boolean }[] }>(
    'select to_regclass(?) is not null as there',
    [`${schema}.${table}`]
  )
  return rows[0].there
}
