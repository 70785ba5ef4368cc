import { composed, faultOf, trimmed } from '#http/characters'
import { unprocessable } from '#http/problem'
import { MOST_AT_ONCE } from '../ledger/balance.ts'

export interface TypedCode {
  /** An SKU or a barcode as typed, known or not. */
  code: string
  /** Units, 1 to 1,000,000. */
  quantity: number
  /** The digits after `*`, when there are enough to be a scanned code. */
  perhapsScanned?: string
}

/** Longer than any SKU or barcode, to leave room for labels with additional data. */
const LONGEST = 100
const SHORTEST_SCANNED = 3

/**
 * Parses the input of a scanner or a person: a code, or `code*12` for twelve units.
 *
 * @throws Problem 422 `invalid_fields` when the input cannot be a code
 */
export function readCode(typed: string): TypedCode {
  const [, code, times] = /^(.*?)(?:\s*\*\s*(\d+))?$/s.exec(trimmed(composed(typed)))!
  const quantity = times === undefined ? 1 : Number(times)
  if (code === '') throw unreadable('The code is empty. Scan again.')
  if (faultOf(code)) {
    throw unreadable(
      'The code contains control or invisible characters. Scan the plain barcode on the label.'
    )
  }
  if (code.length > LONGEST) {
    throw unreadable(
      `The code has ${code.length} characters, which is too long for an SKU or a barcode. Scan one label at a time.`
    )
  }
  if (quantity < 1 || quantity > MOST_AT_ONCE) {
    throw unreadable('The quantity after * must be between 1 and 1,000,000.')
  }
  if (times === undefined || times.length < SHORTEST_SCANNED) return { code, quantity }
  return { code, quantity, perhapsScanned: times }
}

/** `MUG*100200`, where 100200 is a known code: the person typed `MUG*` and then scanned. */
export function scannedAfterTimes(code: string, scanned: string) {
  return unreadable(
    `${scanned} after ${code}* is itself a product code, so nothing was counted. Scan ${scanned} alone, or add one ${code} and correct its quantity in the list.`
  )
}

function unreadable(detail: string) {
  return unprocessable('invalid_fields', detail, [{ pointer: '/code', code: 'code', detail }])
}
