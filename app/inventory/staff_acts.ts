import type { StaffActs } from '#contracts/staff_acts'

const item = (sku: string) => `/admin/stock/${sku}`
const imported = (id: string) => `/admin/stock/imports/${id}`

/** What people of the staff do with the stock, by the names of the routes. */
export const staffActs: StaffActs = {
  'inventory.products.update': { words: 'changed a product', page: item },
  'inventory.restocks.store': { words: 'restocked', page: item },
  'inventory.adjustments.store': { words: 'adjusted', page: item },
  'inventory.counts.store': { words: 'counted', page: item },
  'inventory.reversals.store': { words: 'undid a movement', page: item },
  'inventory.imports.store': { words: 'uploaded an import', page: imported },
  'inventory.import_applications.store': { words: 'applied an import', page: imported },
  'inventory.import_reversals.store': { words: 'undid an import', page: imported },
  'stock.work.product_forms.store': { words: 'listed a product', page: item },
  'stock.work.product_forms.update': { words: 'changed a product', page: item },
  'stock.work.selection_forms.restock': { words: 'restocked a selection', page: item },
  'stock.work.selection_forms.reverse': { words: 'undid a restock of a selection', page: item },
  'stock.work.movement_forms.restock': { words: 'restocked', page: item },
  'stock.work.movement_forms.adjust': { words: 'adjusted', page: item },
  'stock.work.movement_forms.count': { words: 'counted', page: item },
  'stock.work.movement_forms.reverse': { words: 'undid a movement', page: item },
  'stock.work.import_forms.apply': { words: 'applied an import', page: imported },
  'stock.work.import_forms.reverse': { words: 'undid an import', page: imported },
  'stock.work.import_forms.drop': { words: 'dropped an import', page: imported },
  'stock.work.import': { words: 'uploaded an import', page: imported },
  'stock.work.receive.receive_page.scan': { words: 'scanned goods' },
  'stock.work.receive.receive_page.correct': { words: 'corrected a scan', page: item },
  'stock.work.receive.unknown_codes.identify': { words: 'said what a code is' },
  'stock.work.receive.unknown_codes.forget': { words: 'forgot a code' },
  'stock.work.receive.receipts.name': { words: 'named a delivery' },
  'stock.work.receive.receipts.apply': { words: 'received goods' },
  'stock.work.receive.receipts.discard': { words: 'discarded a delivery' },
}
