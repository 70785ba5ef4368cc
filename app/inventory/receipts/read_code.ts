import { unprocessable } from '#http/problem'

export interface TypedCode {
  /** A SKU or a barcode, as it stands; perhaps of nothing that we know. */
  code: string
  /** Pieces, 1 to 1,000,000. */
  quantity: number
}

/** Longer than any SKU or barcode; what some labels hold beside is still told apart by it. */
const LONGEST = 100
const MOST = 1_000_000

/**
 * What a scanner or a person has typed: a code, or `code*12` for twelve pieces.
 *
 * @throws Problem 422 `invalid_fields` for what cannot be a code
 */
export function readCode(typed: string): TypedCode {
  const [, code, times] = /^(.*?)(?:\s*\*\s*(\d+))?$/s.exec(typed.trim())!
  const quantity = times === undefined ? 1 : Number(times)
  if (code === '') throw unreadable('Nothing was scanned: the code is empty.')
  if (/[\p{Cc}\p{Cs}]/u.test(code)) {
    throw unreadable('The code holds control characters. Scan the plain barcode beside it.')
  }
  if (code.length > LONGEST) {
    throw unreadable(
      `${code.length} characters are no SKU and no barcode. Scan again, one label at a time.`
    )
  }
  if (quantity < 1 || quantity > MOST) {
    throw unreadable('The quantity after * must be 1 to 1000000.')
  }
  return { code, quantity }
}

function unreadable(detail: string) {
  return unprocessable('invalid_fields', detail, [{ pointer: '/code', code: 'code', detail }])
}
