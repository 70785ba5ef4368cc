import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Infer } from '@vinejs/vine/types'
import type { SignedIn } from '#contracts/actor'
import { assertChangeWithinLimits, assertOwnWords } from '../placing/customer_limits.ts'
import { assertExpectedTotal, assertOwnPrices } from '../placing/exceptions.ts'
import { existing } from '../queries/find_orders.ts'
import {
  lockOrder,
  stateOf,
  targetLines,
  type OrderRecord,
  type PricedLine,
} from '../store/order.ts'
import { perSku } from '../order_lines.ts'
import { transition } from '../order_state_machine.ts'
import { findPrices, priceLines, type WantedLine } from '../placing/price_list.ts'
import { applyTransition } from './apply_transition.ts'
import { actionRefused, assertExpectedVersion, type ExpectedVersion } from './exceptions.ts'
import type { reviseOrderValidator } from './validators.ts'

export type Revision = Infer<typeof reviseOrderValidator>

/**
 * Changes an order. New lines make a new revision; the held lines stay held until inventory replies. Contact
 * details alone make a new version and no revision. A request without a difference changes nothing.
 *
 * @throws Problem 404 · 409 `order_not_open`, `price_changed` · 412 `version_moved` · 403 `price_not_yours` ·
 *   422 `order_limit_exceeded`, `email_not_yours`, and those of `priceLines`
 */
export async function reviseOrder(
  trx: TransactionClientContract,
  id: string,
  revision: Revision,
  by: SignedIn,
  expected: ExpectedVersion
): Promise<{ order: OrderRecord; linesChanged: boolean }> {
  const before = existing(await lockOrder(trx, id, by))
  assertExpectedVersion(before, expected)
  const result = transition(stateOf(before), { kind: 'revise' })
  if (result.outcome === 'refused') throw actionRefused(before, result)

  const columns = changedDetails(before, revision)
  const changed = Object.keys(columns).map((column) => DETAILS[column])
  assertOwnWords(Object.fromEntries(changed.map((field) => [field, revision[field]])), by)
  const lines = revision.lines && (await newTarget(trx, before, revision.lines, by))
  assertExpectedTotal(revision.expectedTotal, { ...before, lines: lines ?? targetLines(before) })
  if (lines) {
    await assertChangeWithinLimits(trx, before, revision.lines!, by)
    const wanted = perSku(lines)
    const order = await applyTransition(trx, before, result, {
      by,
      lines,
      columns: { ...columns, shortages: '[]' },
      detail: changed.length > 0 ? { lines: wanted, changed } : { lines: wanted },
    })
    return { order, linesChanged: true }
  }
  if (changed.length === 0) return { order: before, linesChanged: false }
  const details = { to: stateOf(before), step: 'details_changed', emits: null, mail: null } as const
  const order = await applyTransition(trx, before, details, { by, columns, detail: { changed } })
  return { order, linesChanged: false }
}

/** The columns that make no revision, with their names in the API. */
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

/** The value as the column stores it; an address is JSON with a fixed order of members. */
function stored(value: string | OrderRecord['shipTo']) {
  if (value === null || typeof value === 'string') return value
  const { name, address, country } = value
  return JSON.stringify({ name, address, country })
}

/** The wanted lines with their prices; null if they are the current target already. */
async function newTarget(
  trx: TransactionClientContract,
  before: OrderRecord,
  wanted: WantedLine[],
  by: SignedIn
): Promise<PricedLine[] | null> {
  assertOwnPrices(wanted, by)
  const target = targetLines(before)
  const find = (skus: string[]) => findPrices(trx, skus)
  const { lines } = await priceLines(find, wanted, { lines: target, currency: before.currency })
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
