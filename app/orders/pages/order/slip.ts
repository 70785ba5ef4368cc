import JsBarcode from 'jsbarcode'
import type { OrderRecord } from '../../store/order.ts'

/** White space that scanners need before and after the bars, in modules. */
const QUIET = 10

/** The Code 128 bars of a text as an SVG path of height 1; `width` is in modules. */
export function barsOf(text: string): { width: number; path: string } {
  const drawn: { encodings?: { data: string }[] } = {}
  JsBarcode(drawn, text, { format: 'CODE128' })
  const [{ data }] = drawn.encodings!
  const path = [...data.matchAll(/1+/g)]
    .map(({ index, 0: { length } }) => `M${QUIET + index} 0h${length}v1h-${length}z`)
    .join('')
  return { width: QUIET + data.length + QUIET, path }
}

const WHY_NOT: Record<string, string> = {
  pending: 'Waiting for stock.',
  updating: 'A change is waiting for a reply from inventory.',
  rejected: 'The order was rejected; no stock is held.',
  cancelled: 'The order is cancelled.',
  fulfilled: 'The order is already fulfilled.',
}

/** Why the order must not be packed; null if it can be. */
export function doNotPack({ status }: OrderRecord): string | null {
  return WHY_NOT[status] ?? null
}
