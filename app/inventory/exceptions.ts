import { Problem, unprocessable } from '#http/problem'

export function productMoved(version: number | undefined) {
  return new Problem(
    412,
    'version_moved',
    version === undefined
      ? 'There is no such product yet: leave If-Match out to list it.'
      : `The product is at version ${version} now. Read it again and decide anew.`,
    version === undefined ? {} : { headers: { ETag: `"${version}"` } }
  )
}

/** @param index - where the barcode stands in the list that was sent */
export function barcodeTaken(barcode: string, sku: string, index: number) {
  const detail = `The barcode ${barcode} belongs to ${sku}.`
  return new Problem(409, 'barcode_taken', detail, {
    errors: [{ pointer: `/barcodes/${index}`, code: 'barcode_taken', detail }],
  })
}

export function skuTaken(sku: string) {
  const detail = `${sku} is listed already.`
  return new Problem(409, 'sku_taken', detail, {
    errors: [{ pointer: '/sku', code: 'sku_taken', detail }],
  })
}

export function tooMuchOnHand(sku: string, onHand: number) {
  return new Problem(
    409,
    'on_hand_too_large',
    `On hand of ${sku} is ${onHand}; it cannot go above 2,000,000,000.`
  )
}

/** The orders that hold pieces of an SKU. */
export interface Holders {
  count: number
  /** The newest first, up to twenty. */
  newest: { orderId: string; quantity: number }[]
}

/** @param onHand - what it would have become */
export function reservedExceeds(sku: string, onHand: number, reserved: number, holders: Holders) {
  const orders = holders.count === 1 ? '1 order holds' : `${holders.count} orders hold`
  return new Problem(
    409,
    'reserved_exceeds',
    `On hand of ${sku} would be ${onHand}, but ${orders} ${reserved}. Cancel or change some of them first.`,
    { members: { reserved, holders } }
  )
}

/** @param movement - what has moved it last, as the API shows it */
export function stockMoved(from: number, to: number, movement: object | null) {
  return new Problem(
    409,
    'stock_moved',
    `On hand was ${from} when the count began and is ${to} now. Count again, or send the count with expectedOnHand ${to}.`,
    { members: { onHand: to, movement } }
  )
}

export function countTooFar(onHand: number) {
  const detail = `must not differ from the ${onHand} on hand by more than 1,000,000`
  return unprocessable('invalid_fields', `/counted ${detail}.`, [
    { pointer: '/counted', code: 'range', detail },
  ])
}

export function alreadyReversed({ id, sku, at }: { id: string; sku: string; at: Date }) {
  return new Problem(
    409,
    'already_reversed',
    `This movement of ${sku} was undone at ${at.toISOString()}. Do the thing again instead.`,
    { members: { reversedBy: id } }
  )
}

export function notReversible({ kind }: { kind: string }) {
  return new Problem(
    409,
    'not_reversible',
    kind === 'reversal'
      ? 'An undo cannot be undone: do the thing again.'
      : kind === 'count'
        ? 'This count changed nothing: there is nothing to undo.'
        : 'What an order has moved only the order can move back: change or cancel it.'
  )
}

/** @param status - how it stands */
export function importNotReady(status: string) {
  return new Problem(
    409,
    'import_not_ready',
    `The import is ${status}, not a dry run that is ready.`
  )
}

/** @param status - how it stands */
export function importNotApplied(status: string) {
  return new Problem(
    409,
    'import_not_applied',
    `The import is ${status}: there is nothing to undo.`
  )
}

/** @param status - how it stands */
export function receiptNotOpen(status: string) {
  return new Problem(
    409,
    'receipt_not_open',
    `The receipt is ${status}: there is nothing to apply or to discard.`
  )
}

/** @param counts - of what it holds now */
export function receiptMoved({ rows, up }: { rows: number; up: number }) {
  return new Problem(
    409,
    'receipt_moved',
    `The tally has changed since you looked: it holds ${up} pieces of ${rows} SKUs now. Look again.`
  )
}

export function partOfImport(importId: string) {
  return new Problem(
    409,
    'part_of_import',
    'This movement is part of an import or a receipt, which is undone as a whole.',
    { members: { importId } }
  )
}
