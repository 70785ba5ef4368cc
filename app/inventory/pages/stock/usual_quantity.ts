/*
 * Forms ask for confirmation of a quantity that is far above the usual one for the SKU, because it may be
 * a scanned code or a typing error.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { number, plural } from '#admin/format'
import { Problem } from '#http/problem'
import { run } from '#postgres/run'

/** More than this multiple of the median of the last changes is unusual. */
const TIMES = 20
/** With fewer changes than this, more than `UNKNOWN_MOST` units are unusual. */
const FEWEST = 5
const UNKNOWN_MOST = 1_000
/** SKUs that the problem names. */
const MOST_NAMED = 5

export interface Booking {
  sku: string
  /** The change to on hand; the sign does not matter. */
  units: number
}

export interface Confirmation {
  /** Identifies the request to be confirmed: its quantity, or the version of a receipt. */
  token: number
  /** The token that the person confirmed. */
  confirmed?: number
}

const findUsual = {
  name: 'usual_quantities',
  text: /* sql */ `
    select given.sku, count(units)::int as changes,
      percentile_cont(0.5) within group (order by units) as median
    from unnest($1::text[]) as given (sku) left join lateral (
      select abs(on_hand_delta) as units from movements
      where movements.sku = given.sku and kind = $2 and order_id is null and on_hand_delta <> 0
        and not exists (select from movements as undo where undo.reversal_of = movements.id)
      order by id desc limit 20) as last on true
    group by given.sku`,
}

interface Usual extends Record<string, unknown> {
  sku: string
  changes: number
  median: number | null
}

/**
 * Compares with the SKU's last 20 changes of this kind, without those that changed nothing or were undone.
 *
 * @throws Problem 409 `quantity_unusual`, unless exactly this request was confirmed
 */
export async function rejectUnusual(
  trx: TransactionClientContract,
  kind: 'restock' | 'adjust' | 'count',
  { token, confirmed }: Confirmation,
  bookings: Booking[]
) {
  if (confirmed === token) return
  const usual = await run<Usual>(trx, findUsual, [bookings.map(({ sku }) => sku), kind])
  const bySku = new Map(usual.map((one) => [one.sku, one]))
  const unusual = bookings.flatMap(({ sku, units: signed }): Unusual[] => {
    const units = Math.abs(signed)
    const { changes = 0, median = null } = bySku.get(sku) ?? {}
    const known = changes >= FEWEST && median !== null
    const most = known ? TIMES * median : UNKNOWN_MOST
    return units > most ? [{ sku, units, usual: known ? { median, changes } : null }] : []
  })
  unusual.sort((a, b) => b.units - a.units)
  if (unusual.length > 0) throw quantityUnusual(unusual)
}

interface Unusual extends Booking {
  /** Null with fewer than five changes. */
  usual: { median: number; changes: number } | null
}

function quantityUnusual(all: Unusual[]) {
  const [{ sku, units, usual }, ...others] = all
  const than = usual
    ? `${TIMES} times ${number(usual.median)}, the median of its last ${usual.changes} changes of this kind`
    : `${number(UNKNOWN_MOST)}, and it has fewer than five changes of this kind`
  const what = `${sku} would change by ${number(units)} units. That is more than ${than}.`
  const next =
    others.length > 0
      ? `Also unusual: ${describe(others)}. Nothing has been saved. Confirm the numbers or correct them.`
      : 'Nothing has been saved. Confirm the number or correct it.'
  const members = { unusual: describe(all) }
  return new Problem('quantity_unusual', `${what} ${next}`, { members })
}

/** "5 000 of MUG, 300 of TEA and 4 other SKUs", with narrow spaces in numbers. */
function describe(bookings: Booking[]): string {
  const named = bookings.slice(0, MOST_NAMED)
  const others = bookings.length - named.length
  const words = named.map(({ sku, units }) => `${number(units)} of ${sku}`).join(', ')
  return others > 0 ? `${words} and ${plural(others, 'other SKU')}` : words
}
