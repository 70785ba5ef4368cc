import type { ProblemEntry } from '#http/problem_catalogue'

export const inventoryProblems = {
  already_booked: [
    409,
    'Already booked',
    'A form of the admin pages would apply the same file again, or book a delivery whose reference was booked before. Bookings that were undone do not count.',
    'Confirm it if the goods really came twice, or if you really counted the same numbers again. The API does not ask for confirmation: its responses have alreadyBooked.',
  ],
  already_reversed: [
    409,
    'Movement already undone',
    'A movement can be undone once, and this one has been. reversedBy is the movement that undid it.',
    'Read the ledger. To have the effect again, record the movement again.',
  ],
  barcode_taken: [
    409,
    'Barcode belongs to another product',
    'A barcode identifies one product in all its forms: codes that differ only by leading zeros (EAN-8, UPC-12, EAN-13, GTIN-14) are the same. detail names the product that has it.',
    'Remove the barcode from the other product first, or leave it out.',
  ],
  counted_since: [
    409,
    'Product counted after this movement',
    'The count already includes the effect of this movement, so undoing the movement would make the count wrong. count contains the time, the person and the counted number. Counts without a difference matter too; counts that were undone do not.',
    'If the count is wrong, undo it, then undo this movement. If the count is right, there is nothing to undo: to change on hand, count again or record an adjustment.',
  ],
  import_not_applied: [
    409,
    'Import not applied',
    'Only an import that was completely applied can be undone.',
    'Read the import: status shows its state. A dry run has changed nothing.',
  ],
  import_not_ready: [
    409,
    'Import not ready',
    'Only a dry run that is ready can be applied or discarded. This one is in progress or has failed, or the import was discarded, applied or undone.',
    'Read the import: status shows its state, and error the reason of a failure.',
  ],
  not_reversible: [
    409,
    'Movement cannot be undone',
    'Restocks, adjustments and counts can be undone. Movements of orders and undos themselves cannot.',
    'Change or cancel the order, or record the current stock with an adjustment or a count.',
  ],
  on_hand_too_large: [
    409,
    'On hand would be too large',
    'The change would raise on hand above 2,000,000,000 units.',
    'Check the quantity. If it is right, keep the product under several SKUs.',
  ],
  part_of_import: [
    409,
    'Movement belongs to an import',
    'The movements of an import or a receipt are undone together.',
    'Undo the import in importId, or adjust this one product.',
  ],
  quantity_unusual: [
    409,
    'Unusually large quantity',
    'A form of the admin pages would change the stock by more than 20 times the median of the SKU’s last 20 changes of this kind, or by more than 1,000 units when it has fewer than five such changes. The number may be a scanned code.',
    'Confirm the number or correct it. The API does not ask for confirmation.',
  ],
  receipt_moved: [
    409,
    'Receipt has changed',
    'Somebody scanned or corrected an item after you reviewed the receipt, perhaps you in another browser.',
    'Review the receipt again, then apply it.',
  ],
  receipt_not_open: [
    409,
    'Receipt not open',
    'Only an open receipt with at least one scanned item can be applied or discarded.',
    'Open the scan page, which shows your open receipt.',
  ],
  reserved_exceeds: [
    409,
    'Not enough units would remain',
    'The change would leave fewer units on hand than orders hold, or fewer than none; detail states which. holders contains the newest orders that hold units.',
    'If orders hold the units, cancel or change orders, then repeat the request. If on hand is too small, count the shelf.',
  ],
  sku_taken: [
    409,
    'SKU already exists',
    'The request lists a new product with the SKU of an existing one.',
    'Choose another SKU, or change the existing product.',
  ],
  stock_moved: [
    409,
    'Stock has moved since the count began',
    'On hand is no longer expectedOnHand. movement is the newest change.',
    'Count again. If the count is still right, send it with the current onHand.',
  ],
  no_csv: [
    422,
    'File is not CSV',
    'The file is empty, or its first bytes are those of another kind of file.',
    'Export the table as CSV, preferably in UTF-8, and upload that file.',
  ],
} as const satisfies Record<string, ProblemEntry>

declare module '#http/problem_catalogue' {
  interface DeclaredProblems extends Record<keyof typeof inventoryProblems, true> {}
}
