import { number } from '#admin/format'
import type { Line } from '#contracts/messages/fields'
import { quantityChanges } from '../../order_lines.ts'

/** "MUG-RED 2 → 5, PLATE 0 → 1" */
export function describeChanges(before: Line[], after: Line[]): string {
  return quantityChanges(before, after)
    .map((change) => `${change.sku} ${number(change.before)} → ${number(change.after)}`)
    .join(', ')
}
