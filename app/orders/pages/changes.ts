import { number } from '#admin/format'
import type { Line } from '#contracts/fields'

export interface Change {
  sku: string
  from: number
  to: number
}

/** Per SKU where the pieces differ, those of the lines after first. */
export function changesBetween(before: Line[], after: Line[]): Change[] {
  const pieces = (lines: Line[], sku: string) =>
    lines.find((line) => line.sku === sku)?.quantity ?? 0
  return [...new Set([...after, ...before].map(({ sku }) => sku))]
    .map((sku) => ({ sku, from: pieces(before, sku), to: pieces(after, sku) }))
    .filter(({ from, to }) => from !== to)
}

/** "MUG-RED 2 → 5, PLATE 0 → 1" */
export function changesInWords(before: Line[], after: Line[]): string {
  return changesBetween(before, after)
    .map(({ sku, from, to }) => `${sku} ${number(from)} → ${number(to)}`)
    .join(', ')
}
