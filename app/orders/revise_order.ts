import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Infer } from '@vinejs/vine/types'
import type { SignedIn } from '#contracts/actor'
import { moveRefused, priceNotYours } from './exceptions.ts'
import {
  lockOrder,
  stateOf,
  targetLines,
  type OrderRecord,
  type PricedLine,
} from './models/order.ts'
import { move } from './order_status.ts'
import { priceLines, type WantedLine } from './price_list.ts'
import { recordMove } from './record_move.ts'
import { assertUnedited, type SeenVersion } from './seen_version.ts'
import type { reviseOrderValidator } from './validators/order.ts'

export type Revision = Infer<typeof reviseOrderValidator>

/**
 * Changes an order. Other lines are a new revision: what is held stays held until inventory has
 * answered. Contact details alone make a new version and no revision; what is the same already makes
 * neither.
 *
 * @throws Problem 404 · 409 `order_not_open` · 412 `version_moved` · 403, 422 as `priceLines` says
 */
export async function reviseOrder(
  trx: TransactionClientContract,
  id: string,
  revision: Revision,
  by: SignedIn,
  seen: SeenVersion
): Promise<{ order: OrderRecord; linesChanged: boolean }> {
  const before = await lockOrder(trx, id, by)
  assertUnedited(before, seen)
  const result = move(stateOf(before), { kind: 'revise' })
  if (result.outcome === 'refused') throw moveRefused(before, result)

  const columns = changedDetails(before, revision)
  const changed = Object.keys(columns).map((column) => DETAILS[column])
  const lines = revision.lines && (await newTarget(trx, before, revision.lines, by))
  if (lines) {
    const wanted = lines.map(({ sku, quantity }) => ({ sku, quantity }))
    const order = await recordMove(trx, before, result, {
      by,
      lines,
      columns: { ...columns, shortages: '[]' },
      detail: changed.length > 0 ? { lines: wanted, changed } : { lines: wanted },
    })
    return { order, linesChanged: true }
  }
  if (changed.length === 0) return { order: before, linesChanged: false }
  const details = { to: stateOf(before), step: 'details_changed', says: null, mail: null } as const
  const order = await recordMove(trx, before, details, { by, columns, detail: { changed } })
  return { order, linesChanged: false }
}

/** The columns that make no revision, and how the API calls them. */
const DETAILS: Record<string, 'email' | 'name' | 'reference' | 'shipTo'> = {
  email: 'email',
  name: 'name',
  reference: 'reference',
  ship_to: 'shipTo',
}

function changedDetails(before: OrderRecord, revision: Revision) {
  const columns: Record<string, string | null> = {}
  for (const [column, field] of Object.entries(DETAILS)) {
    const value = revision[field]
    if (value === undefined || stored(value) === stored(before[field])) continue
    columns[column] = stored(value)
  }
  return columns
}

/** As the column holds it; an address is JSON with its members in one order. */
function stored(value: string | OrderRecord['shipTo']) {
  if (value === null || typeof value === 'string') return value
  const { name, address, country } = value
  return JSON.stringify({ name, address, country })
}

/** The lines asked for with their prices; null when they are the order's already. */
async function newTarget(
  trx: TransactionClientContract,
  before: OrderRecord,
  wanted: WantedLine[],
  by: SignedIn
): Promise<PricedLine[] | null> {
  if (by.role !== 'service' && wanted.some(({ unitPrice }) => unitPrice)) throw priceNotYours()
  const target = targetLines(before)
  const { lines } = await priceLines(trx, wanted, { lines: target, currency: before.currency })
  return sameLines(lines, target) ? null : lines
}

function sameLines(some: PricedLine[], others: PricedLine[]) {
  const text = (lines: PricedLine[]) =>
    lines
      .map(({ sku, quantity, unitPrice }) => `${sku} ${quantity} ${unitPrice}`)
      .sort()
      .join('\n')
  return text(some) === text(others)
}
