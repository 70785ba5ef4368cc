import JsBarcode from 'jsbarcode'
import type { OrderRecord } from '../models/order.ts'

/** White before and after the bars, in modules: scanners need it. */
const QUIET = 10

/** The bars of Code 128 as the path of an SVG, one high, and how wide it is in modules. */
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
  pending: 'Stock has not answered yet.',
  updating: 'A change is asked for and not decided.',
  rejected: 'There is nothing held for it.',
  cancelled: 'It is cancelled.',
  fulfilled: 'It is fulfilled already.',
}

/** Why the order must not be packed; null when it may. */
export function doNotPack({ status }: OrderRecord): string | null {
  return WHY_NOT[status] ?? null
}
