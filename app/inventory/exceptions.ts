import { Problem } from '#http/problem'

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

export function tooMuchOnHand(onHand: number) {
  return new Problem(
    409,
    'on_hand_too_large',
    `On hand is ${onHand}; it cannot go above 2,000,000,000.`
  )
}
