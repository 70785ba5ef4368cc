/*
 * How a dead letter is shown: what a customer may have written is hidden until somebody asks for it.
 */
import type { WholeLetter } from '#messaging/letters'

const HIDDEN = '•••••'

/** The payload's shape, its texts hidden; a payload that is no JSON is hidden whole. */
export function masked({ value }: Pick<WholeLetter, 'value'>): string {
  if (value === null) return 'nothing'
  try {
    return JSON.stringify(
      JSON.parse(value),
      (_, one) => (typeof one === 'string' ? HIDDEN : one),
      2
    )
  } catch {
    return HIDDEN
  }
}

/** The payload as it came, laid out where it is JSON. */
export function unmasked({ value }: Pick<WholeLetter, 'value'>): string {
  if (value === null) return 'nothing'
  try {
    return JSON.stringify(JSON.parse(value), null, 2)
  } catch {
    return value
  }
}

/** Where the staff finds what a key stands for: the id of an order, or an SKU. */
export function pageOfKey(key: string): string {
  const isOrder = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(key)
  return isOrder ? `/admin/orders/${key}` : `/admin/stock/${encodeURIComponent(key)}`
}
