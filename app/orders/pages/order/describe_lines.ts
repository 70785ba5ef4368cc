import { number } from '#admin/format'
import type { Line, Shortage } from '#contracts/messages/fields'
import { quantityChanges } from '../../order_lines.ts'

/** "MUG-RED 2 → 5, PLATE 0 → 1" */
export function describeChanges(before: Line[], after: Line[]): string {
  return quantityChanges(before, after)
    .map((change) => `${change.sku} ${number(change.before)} → ${number(change.after)}`)
    .join(', ')
}

/** "TEE-XL: 4 requested, 2 available" */
export function describeShortages(shortages: Shortage[]): string {
  return shortages
    .map(({ sku, requested, available }) => {
      return `${sku}: ${number(requested)} requested, ${number(available)} available`
    })
    .join('; ')
}
