/*
 * Calculations on the lines of an order. An order can have several lines of one SKU, one per price, the oldest
 * price first. Inventory and messages know only the sum per SKU.
 */
import type { Line } from '#contracts/messages/fields'
import type { PricedLine } from './store/order.ts'

/** One line per SKU with the sum of its units, in the order of the first lines. */
export function perSku(lines: Line[]): Line[] {
  const sums = new Map<string, number>()
  for (const { sku, quantity } of lines) sums.set(sku, (sums.get(sku) ?? 0) + quantity)
  return [...sums].map(([sku, quantity]) => ({ sku, quantity }))
}

/** Units of one SKU in all lines; 0 for none. */
export function unitsOf(lines: Line[], sku: string): number {
  return lines.reduce((sum, line) => (line.sku === sku ? sum + line.quantity : sum), 0)
}

/** Units of all SKUs. */
export function countUnits(lines: { quantity: number }[]): number {
  return lines.reduce((sum, { quantity }) => sum + quantity, 0)
}

export interface QuantityChange {
  sku: string
  before: number
  after: number
}

/** The SKUs whose units differ, those of `before` first. */
export function quantityChanges(before: Line[], after: Line[]): QuantityChange[] {
  return [...new Set([...before, ...after].map(({ sku }) => sku))]
    .map((sku) => ({ sku, before: unitsOf(before, sku), after: unitsOf(after, sku) }))
    .filter((change) => change.before !== change.after)
}

/** The total of all lines, in minor units. */
export function totalOf(lines: PricedLine[]): number {
  return lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0)
}

/** Lines with their prices and totals as money. */
export function moneyLines(lines: PricedLine[], currency: string) {
  return lines.map(({ sku, name, quantity, unitPrice }) => ({
    sku,
    name,
    quantity,
    unitPrice: { amount: unitPrice, currency },
    total: { amount: quantity * unitPrice, currency },
  }))
}

/** The price of further units. */
export interface CurrentPrice {
  name: string
  /** Minor units of the order's currency. */
  unitPrice: number
}

/**
 * The lines of one SKU for a new quantity: current units keep their price, further units become a last line
 * at the current price, and a decrease removes the newest units first.
 *
 * @param kept - the order's lines of the SKU, the oldest first; can be empty
 * @param quantity - units, at least 1
 * @param current - required if `quantity` exceeds the units of `kept`
 */
export function linesFor(
  sku: string,
  kept: PricedLine[],
  quantity: number,
  current?: CurrentPrice
): PricedLine[] {
  const lines: PricedLine[] = []
  let missing = quantity
  for (const line of kept) {
    const taken = Math.min(line.quantity, missing)
    if (taken > 0) lines.push({ ...line, quantity: taken })
    missing -= taken
  }
  if (missing === 0) return lines
  const newest = lines.at(-1)
  if (newest?.unitPrice === current!.unitPrice) newest.quantity += missing
  else lines.push({ sku, quantity: missing, ...current! })
  return lines
}
