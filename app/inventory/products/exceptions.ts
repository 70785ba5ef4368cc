import { entityTag } from '#http/headers/if_match'
import { Problem, unprocessable } from '#http/problem'
import { checkDigitOf } from './gtin.ts'

/** @param version - the current one; undefined when there is no such product */
export function productMoved(version: number | undefined) {
  return version === undefined
    ? new Problem('version_moved', 'There is no such product. Send no If-Match to list it.')
    : new Problem(
        'version_moved',
        `The product is now at version ${version}. Read it again, then send your change with the new ETag.`,
        { headers: { ETag: entityTag(version) } }
      )
}

/** A PUT without If-Match for a product that exists. */
export function versionRequired(sku: string, version: number) {
  return new Problem(
    'if_match_required',
    `${sku} already exists. To change single fields, send PATCH. To replace the whole product, read it and send PUT with If-Match: "${version}". To list new products only, send If-None-Match: *.`,
    { headers: { ETag: entityTag(version) } }
  )
}

/** `If-None-Match: *` for a product that exists. */
export function productExists(sku: string, version: number) {
  return new Problem(
    'version_moved',
    `${sku} already exists, at version ${version}. To replace it, send If-Match instead of If-None-Match. To change single fields, send PATCH.`,
    { headers: { ETag: entityTag(version) } }
  )
}

/**
 * @param given - the barcode in the request
 * @param taken - the other product's barcode, possibly in another form of the same code
 * @param index - of the barcode in the request's list
 */
export function barcodeTaken(
  given: string,
  { barcode, sku }: { barcode: string; sku: string },
  index: number
) {
  const detail =
    given === barcode
      ? `The barcode ${given} belongs to ${sku}.`
      : `The barcode ${given} is the same code as ${barcode}, which belongs to ${sku}.`
  return new Problem('barcode_taken', detail, {
    errors: [{ pointer: `/barcodes/${index}`, code: 'barcode_taken', detail }],
  })
}

/** @param index - of the barcode in the request's list */
export function wrongCheckDigit(barcode: string, index: number) {
  const detail = describeWrongCheckDigit(barcode)
  const remedy = 'Correct it, or send allowCheckDigit: true if the label shows exactly this code.'
  return unprocessable('invalid_fields', `${detail} ${remedy}`, [
    { pointer: `/barcodes/${index}`, code: 'check_digit', detail },
  ])
}

export function describeWrongCheckDigit(barcode: string): string {
  return `The barcode ${barcode} has a wrong check digit: the last digit should be ${checkDigitOf(barcode)}.`
}

export function skuTaken(sku: string) {
  const detail = `${sku} already exists. Choose another SKU, or change that product.`
  return new Problem('sku_taken', detail, {
    errors: [{ pointer: '/sku', code: 'sku_taken', detail }],
  })
}
